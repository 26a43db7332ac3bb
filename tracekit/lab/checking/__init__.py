"""How checks are run and judged; `tracekit.lab.plugin` is the way in."""
