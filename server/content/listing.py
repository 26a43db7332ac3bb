"""The lines of an index page as HTML: a list, columns in ``<pre>``, or a table (mod_autoindex)."""

import time
from dataclasses import dataclass

from ..config import DirectorySettings
from ..http.dates import LAST
from .escaping import html_of, text_of, url_of
from .index_entry import Entry
from .index_query import View

WIDTH = 23  # of names and of descriptions, in bytes
DATE_FORMAT = "%Y-%m-%d %H:%M"
OLD_DATE_FORMAT = "%d-%b-%Y %H:%M"
NO_DATE = " " * 19
UNITS = "KMGTPE"
# Column, title, the option that leaves it out, and what stands behind its title in <pre>.
COLUMNS = (
    ("N", "Name", "", ""),
    ("M", "Last modified", "suppresslastmodified", "      "),
    ("S", "Size", "suppresssize", "  "),
    ("D", "Description", "suppressdescription", ""),
)
CSS = {"N": "name", "M": "lastmod", "S": "size", "D": "desc"}
# What a description gains in width when a column is left out (terminate_description).
GAINED_WIDTH = {"suppressicon": 6, "suppresslastmodified": 19, "suppresssize": 7}


def render(entries: list[Entry], view: View, settings: DirectorySettings, blank_icon: bytes) -> str:
    """Return the lines in the form that the view asks for."""
    if not view.is_fancy:
        lines = (f'<li><a href="{_anchor(entry)}"> {_title(entry)}</a></li>\n' for entry in entries)
        return f"<ul>{''.join(lines)}</ul>\n"
    form = _Form(view, settings, blank_icon, _name_width(entries, view))
    return _table(form, entries) if view.is_table else _columns(form, entries)


@dataclass(frozen=True)
class _Form:
    """How the lines with columns look."""

    view: View
    settings: DirectorySettings
    blank_icon: bytes
    name_width: int

    def has(self, option: str) -> bool:
        """IndexOptions has this word."""
        return option in self.view.options

    def link(self, column: str, title: str) -> str:
        """Return the head of a column, which sorts by it; the other way round if it is sorted by it."""
        if self.has("suppresscolumnsorting"):
            return title
        is_key = self.view.column.decode() == column
        order = "D" if is_key and not self.view.descending else "A"
        return f'<a href="?C={column};O={order}{html_of(self.view.arguments)}">{title}</a>'

    def icon(self, url: bytes, alt: str, none: str) -> str:
        """Return an image."""
        if not url:
            return none
        sizes = "".join(
            f' {name}="{self.view.options[option]}"'
            for name, option in (("width", "iconwidth"), ("height", "iconheight"))
            if self.view.options.get(option)
        )
        return f'<img src="{html_of(url)}" alt="{alt}"{sizes}{self.view.tag_end}'

    def entry_icon(self, entry: Entry, none: str) -> str:
        """Return the image of a line."""
        icon = self.icon(
            entry.icon or self.settings.default_icon or b"", f"[{html_of(entry.alt or b'   ')}]", none
        )
        return f'<a href="{_anchor(entry)}">{icon}</a>' if self.has("iconsarelinks") else icon

    def name(self, entry: Entry) -> str:
        """Return the link of a line, cut to the width of the column and filled up to it."""
        shown = entry.title or entry.name
        if len(shown) > self.name_width:
            shown = shown[: self.name_width - 3] + b"..>"
        return f'<a href="{_anchor(entry)}">{html_of(shown)}</a>' + " " * (self.name_width - len(shown))

    def date(self, entry: Entry, none: str) -> str:
        """Return when it was modified."""
        if entry.modified < 0:
            return none
        old = self.has("useolddateformat")
        modified = time.localtime(min(entry.modified, LAST))
        return time.strftime(OLD_DATE_FORMAT if old else DATE_FORMAT, modified) + "  "

    def description(self, entry: Entry) -> str:
        """Return the description, which may be HTML, cut to its width."""
        width = self.view.options.get("descriptionwidth", "")
        if width == "*" or entry.description is None:
            return text_of(entry.description or b"")
        gained = 0 if width else sum(gain for option, gain in GAINED_WIDTH.items() if self.has(option))
        return _cut(text_of(entry.description), (int(width) if width.isdigit() else WIDTH) + gained)


def _columns(form: _Form, entries: list[Entry]) -> str:
    parts = ["<pre>"]
    if not form.has("suppressicon"):
        parts.append(form.icon(form.blank_icon, "Icon ", " " * 5) + " ")
    for column, title, option, behind in COLUMNS:
        if not form.has(option):
            parts += [form.link(column, title), behind or " " * (form.name_width - 3) * (column == "N")]
    parts.append("\n" if form.has("suppressrules") else f"<hr{form.view.tag_end}")
    for entry in entries:
        if not form.has("suppressicon"):
            parts.append(form.entry_icon(entry, " " * 5) + " ")
        parts += [form.name(entry), " "]
        if not form.has("suppresslastmodified"):
            parts.append(form.date(entry, NO_DATE))
        if not form.has("suppresssize"):
            parts.append(size(entry.size) + "  ")
        if not form.has("suppressdescription"):
            parts.append(form.description(entry))
        parts.append("\n")
    parts.append("</pre>\n" if form.has("suppressrules") else f"<hr{form.view.tag_end}</pre>\n")
    return "".join(parts)


def _table(form: _Form, entries: list[Entry]) -> str:
    styled = bool(form.settings.index_style_sheet)
    columns = [each for each in COLUMNS if not form.has(each[2])]
    head = '  <table id="indexlist">\n   <tr class="indexhead">' if styled else "  <table>\n   <tr>"
    if not form.has("suppressicon"):
        mark = ' class="indexcolicon"' if styled else ' valign="top"'
        head += f"<th{mark}>{form.icon(form.blank_icon, '[ICO]', '&nbsp;')}</th>"
    for column, title, _, _ in columns:
        mark = f' class="indexcol{CSS[column]}"' if styled else ""
        head += f"<th{mark}>{form.link(column, title)}</th>"
    width = len(columns) + (not form.has("suppressicon"))
    mark = ' class="indexbreakrow"' if styled else ""
    line = f'   <tr{mark}><th colspan="{width}"><hr{form.view.tag_end}</th></tr>\n'
    rule = "" if form.has("suppressrules") else line
    rows = "".join(_row(form, entry, number, styled=styled) for number, entry in enumerate(entries))
    return f"{head}</tr>\n{rule}{rows}{rule}</table>\n"


def _row(form: _Form, entry: Entry, number: int, *, styled: bool) -> str:
    row = ["<tr>"]
    if styled:
        parity = "odd" if number % 2 else "even"
        alt = f"-{html_of(entry.alt).lower()}" if entry.alt and form.has("addaltclass") else ""
        row = [f'   <tr class="{parity}{alt}">']

    def cell(column: str, plain: str, content: str) -> None:
        row.append(f'<td class="indexcol{column}">{content}</td>' if styled else f"<td{plain}>{content}</td>")

    if not form.has("suppressicon"):
        cell("icon", ' valign="top"', form.entry_icon(entry, "&nbsp;"))
    adjusted = form.view.options.get("namewidth") == "*"
    cell("name", "", f'<a href="{_anchor(entry)}">{_title(entry)}</a>' if adjusted else form.name(entry))
    if not form.has("suppresslastmodified"):
        cell("lastmod", ' align="right"' * (entry.modified >= 0), form.date(entry, "&nbsp;"))
    if not form.has("suppresssize"):
        cell("size", ' align="right"', size(entry.size))
    if not form.has("suppressdescription"):
        cell("desc", "", form.description(entry) or "&nbsp;")
    return "".join(row) + "</tr>\n"


def size(count: int) -> str:
    """Return a size in four characters (apr_strfsize)."""
    if count < 0:
        return "  - "
    if count < 973:
        return f"{count:3d} "
    for unit in UNITS:
        count, rest = count >> 10, count & 1023
        if count >= 973:
            continue
        if count < 9 or (count == 9 and rest < 973):
            tenths = (rest * 5 + 256) // 512
            return f"{count + tenths // 10}.{tenths % 10}{unit}"
        return f"{count + (rest >= 512):3d}{unit}"
    return "****"


def _name_width(entries: list[Entry], view: View) -> int:
    width = view.options.get("namewidth", "")
    if width == "*":
        return max([WIDTH, *(len(entry.name) for entry in entries)])
    return max(5, int(width)) if width.isdigit() else WIDTH


def _anchor(entry: Entry) -> str:
    """Return the link; a name with a colon must not look like a scheme."""
    colon = b":" in entry.name.partition(b"/")[0]
    return html_of((b"./" if colon else b"") + url_of(entry.name))


def _title(entry: Entry) -> str:
    return html_of(entry.title or entry.name)


def _cut(text: str, width: int) -> str:
    """Cut HTML after so many characters, the last of them made ``>`` (terminate_description).

    Tags count as no character, entities as one.
    """
    at = 0
    while at < len(text) and width > 0:
        end = {"<": text.find(">", at), "&": text.find(";", at)}.get(text[at], at)
        width -= text[at] != "<"
        at = end + 1 if end >= 0 else len(text)
    return text if at >= len(text) else text[: max(0, at - 1)] + ">"
