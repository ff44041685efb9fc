# SPDX-License-Identifier: Apache-2.0
"""Markdown tables, padded so that they are also readable in a terminal."""


def markdown(heads, rows):
    """rows: text in the first column, numbers or "-" in the others."""
    cells = [list(heads)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = [_line(cells[0], widths)]
    lines.append("|" + "|".join([" --- "] + [" ---: "] * (len(heads) - 1)) + "|")
    lines += [_line(row, widths) for row in cells[1:]]
    return "\n".join(lines)


def _line(row, widths):
    texts = [row[0].ljust(widths[0])] + [text.rjust(width) for text, width in zip(row[1:], widths[1:])]
    return "| " + " | ".join(texts) + " |"
