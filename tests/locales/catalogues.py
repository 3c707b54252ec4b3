"""Small catalogues for tests, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

RULES = {
    "en": "nplurals=2; plural=(n != 1);",
    "cs": "nplurals=3; plural=((n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "ro": "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
    "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}

#: A text, or one for each plural form.
Entries = dict[str, str | list[str]]


def write(folder: Path, language: str, entries: Entries, rule: str = "") -> Path:
    """Writes `<language>.po` with `words.stop` and the entries, and gives the folder back."""
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        f'"Plural-Forms: {rule or RULES[language]}\\n"',
        "",
    ]
    for key, text in {"words.stop": "stop", **entries}.items():
        lines.append(f'msgid "{key}"')
        if isinstance(text, str):
            lines.append(f'msgstr "{text}"')
        else:
            lines.append(f'msgid_plural "{key}"')
            lines += (f'msgstr[{i}] "{form}"' for i, form in enumerate(text))
        lines.append("")
    (folder / f"{language}.po").write_text("\n".join(lines), encoding="utf-8")
    return folder
