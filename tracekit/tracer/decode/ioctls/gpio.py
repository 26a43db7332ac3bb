"""General purpose input and output (<linux/gpio.h>): lines, their attributes and configurations."""

import struct
from typing import Final

from tracekit.tracer.decode.ioctls.exchange import (
    ARROW,
    array_of,
    braced,
    full_array,
    keep,
    kept,
    local_array,
)
from tracekit.tracer.decode.names import hexadecimal
from tracekit.tracer.decode.registry import kinds, printer_of
from tracekit.tracer.decode.view import View, pointer

_HANDLE: Final = struct.Struct("<256sI64s32sIi")  # struct gpiohandle_request
_CONFIG: Final = struct.Struct("<QI20s240s")  # struct gpio_v2_line_config
_REQUEST: Final = struct.Struct("<256s32s272sII20si")  # struct gpio_v2_line_request
_INFO: Final = struct.Struct("<32s32sIIQ160s16s")  # struct gpio_v2_line_info
_ATTRIBUTE: Final = struct.Struct("<IIQ")  # struct gpio_v2_line_attribute
_CONFIG_ATTRIBUTE: Final = 24
_ATTR_FLAGS, _ATTR_VALUES, _ATTR_DEBOUNCE = 1, 2, 3


def _text(view: View, data: bytes) -> str:
    return printer_of("member_text")(view, data) or ""


def _handle_request(view: View, address: int) -> str:
    data = view.fetch(address, _HANDLE.size)
    if data is None:
        return pointer(address)
    keep(view, data)
    offsets, flags, values, label, lines, _ = _HANDLE.unpack(data)
    return braced(
        [
            f"lines={lines}",
            f"lineoffsets={local_array(view, offsets, *array_of('I'), lines)}",
            f"flags={view.spell('gpio_handle_flags', flags)}",
            f"default_values={local_array(view, values, *array_of('B'), lines)}",
            f"consumer_label={_text(view, label)}",
        ]
    )


def _attribute(view: View, data: bytes) -> list[str]:
    """An attribute by what it is; as it stands when it is not known."""
    kind, padding, value = _ATTRIBUTE.unpack(data)
    if not padding and kind == _ATTR_FLAGS:
        return [f"flags={view.spell('gpio_v2_line_flags', value)}"]
    if not padding and kind == _ATTR_VALUES:
        return [f"values={hexadecimal(value)}"]
    if not padding and kind == _ATTR_DEBOUNCE:
        return [f"debounce_period_us={value & 0xFFFFFFFF}"]
    shown = [f"id={kind}"]
    if padding:
        shown.append(f"padding={hexadecimal(padding)}")
    return [*shown, f"data={hexadecimal(value)}"]


def _config_attribute(view: View, data: bytes) -> str:
    attribute, mask = data[: _ATTRIBUTE.size], int.from_bytes(data[_ATTRIBUTE.size :], "little")
    kind, padding, _ = _ATTRIBUTE.unpack(attribute)
    shown = _attribute(view, attribute)
    if padding or kind not in {_ATTR_FLAGS, _ATTR_VALUES, _ATTR_DEBOUNCE}:
        shown = [f"attr={braced(shown)}"]
    return braced([*shown, f"mask={hexadecimal(mask)}"])


def _config(view: View, data: bytes) -> str:
    flags, count, padding, attributes = _CONFIG.unpack(data)
    shown = [f"flags={view.spell('gpio_v2_line_flags', flags)}", f"num_attrs={count}"]
    if any(padding):
        shown.append(f"padding={full_array(view, padding, 'xI')}")
    if count:
        text = local_array(view, attributes, _CONFIG_ATTRIBUTE, _config_attribute, count)
        shown.append(f"attrs={text}")
    return braced(shown)


def _pointer_to_config(view: View, address: int) -> str:
    data = view.fetch(address, _CONFIG.size)
    return pointer(address) if data is None else _config(view, data)


def _line_request(view: View, address: int) -> str:
    data = view.fetch(address, _REQUEST.size)
    if data is None:
        return pointer(address)
    keep(view, data)
    offsets, consumer, config, lines, buffer_size, padding, _ = _REQUEST.unpack(data)
    shown = [
        f"num_lines={lines}",
        f"offsets={local_array(view, offsets, *array_of('I'), lines)}",
        f"consumer={_text(view, consumer)}",
        f"config={_config(view, config)}",
    ]
    if buffer_size:
        shown.append(f"event_buffer_size={buffer_size}")
    if any(padding):
        shown.append(f"padding={full_array(view, padding, 'xI')}")
    return braced(shown)


def _line_info(view: View, address: int) -> str | None:
    """What GPIO_V2_GET_LINEINFO_IOCTL tells of the line that it was asked about."""
    if kept(view) is None or view.failed:
        return None
    data = view.fetch(address, _INFO.size)
    if data is None:
        return ARROW + pointer(address)
    name, consumer, _, count, flags, attributes, padding = _INFO.unpack(data)
    shown = [
        f"name={_text(view, name)}",
        f"consumer={_text(view, consumer)}",
        f"flags={view.spell('gpio_v2_line_flags', flags)}",
        f"num_attrs={count}",
    ]
    if count:
        text = local_array(
            view, attributes, _ATTRIBUTE.size, lambda v, one: braced(_attribute(v, one)), count
        )
        shown.append(f"attrs={text}")
    if any(padding):
        shown.append(f"padding={full_array(view, padding, 'xI')}")
    return ARROW + braced(shown)


kinds(
    {
        "gpio_handle_request": _handle_request,
        "*gpio_v2_line_config": _pointer_to_config,
        "gpio_v2_line_request": _line_request,
        "gpio_v2_line_info": _line_info,
    }
)
