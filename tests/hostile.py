"""Names that try to be more than names, wherever they are written."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)//",
    "<img src=x onerror=alert(1)>",
    "*/",
    "-->",
    "]]>",
    "&lt;b&gt;",
    '"onload="alert(1)',
    "it's",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\u202eb",
    "\\input{/etc/passwd}",
    "$x$ \\end{align*}",
    "a|b | c",
    "[link](javascript:alert(1))",
    "**bold** _and_",
    "x; rm -rf /",
    'say"] --> evil["now',
    "中文 名字\u0301",
    "${x}%0a#{y}",
)
"""All of these can be variables, between backquotes."""
