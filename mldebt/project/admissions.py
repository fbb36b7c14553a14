"""Debt that comments admit, and its kind: a small classifier that can say why.

A comment admits debt when it starts with a tag (`TODO`, `FIXME`, `HACK`, …) and says something, or when it uses one of
a few phrases (`no idea why`, `dirty trick`); what only looks so (exercises, placeholders, temporary files) is left out.
The kind follows the first matching group of words, most telling first (after the kinds of O'Brien et al. 2022).

Measured on 370 comments of some 120 repositories, labelled by one reader. Of 180 that it finds 166 admit debt (92 %; 62
of 70 in a second sample, which was drawn after the phrases were chosen). Of 190 others with a suspicious word (`later`,
`should be`, `slow`, …) it misses 30. Scaled to what occurs, 344 found and 856 left out, it finds about 71 % of the
admissions in comments with such a word. Of 104 true ones 88 (85 %) have the right kind; most of the others are called
`code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Comment
from mldebt.project.source_facts import SourceFacts

_TAG = re.compile(
    r"^#+:?\s*\W{0,3}(TODO|FIXME|HACK|XXX|KLUDGE|WORKAROUND|todo|Todo|fixme|[Hh]ack|[Ww]ork-?around)\b(?P<rest>.*)",
    re.DOTALL,
)
_LATER_TAG = re.compile(r"\b(TODO|FIXME|XXX)\b(?!-)\s*:?\s*(?P<rest>.*)", re.DOTALL)
_LINKED = re.compile(r"https?://|(?<![\w&])#\d+\b|\b[A-Z]{2,10}-\d+\b|\bissue \d+")
_WORDS = re.compile(r"[^\W\d_]{2,}")


def _any(words: str, start: str = r"\b") -> re.Pattern[str]:
    """Any of the expressions, which are separated by blanks; `~` stands for a blank in one."""
    return re.compile(f"{start}({'|'.join(words.split())})".replace("~", " "), re.IGNORECASE)


_PHRASES = _any(
    r"""
    no~idea\b not~sure~(why|what|if|how) not~100~?%~sure for~some~(weird~|strange~|unknown~)?reason
    has~a~bug\b dirty~(trick|hack|fix) ugly (this~is|is)~(a|an~ugly|a~dirty|probably~a)?~?hack\b hacky
    quick~(and~dirty|fix) kludge
    (probably|really)?~?does(n'?t|~not)~(really~|probably~)?work~(very~well|well|properly|correctly|with)
    can'?t~this~be~done~better is~copied~\d+~times will~have~a~leak (this|it)~(is~)?(cheat|leak)(s|ing)\b
    should~be~(refactored|removed|rewritten) needs?~(a~)?refactor\w* no~better~idea
    not~the~best~(way|idea|solution) magic~numbers? hard-?coded~(for~now|because|here)
    for~now\b hack(ed|\#?\d)\b bugged\b (easier|better|cleaner|nicer)~way\b copy~(and~)?pasted refactor\?
    (will|should|might|could)~(probably~|maybe~)?(be~)?(generali[sz]ed?|refactor(ed)?|improved|fixed|simplified|rewritten)\b
    (is|are|still)~hard-?coded (kind~of|really|super)~slow bugs?\?(?!\w) doesn'?t~work~yet maybe~not~needed
    """
)
_NO_DEBT = _any(
    r"""
    your~(code|solution|answer|turn) put~it~here ::OPTIONAL ^[\s:]*\d+\s*[:.)]
    talking~about\? \bI~(will|won'?t)\b supports~only only~supported~on
    temporary~(dir|fold|file|col|copy|variable)
    (avoid|prevent|remov|fix|need|without|"|')\w*~(this~|the~|any~)?(ugly|hack|magic) is~"ugly"
    ^\W*(fill|write|implement|complete|replace)~(in~)?(this|here|the~(function|method|missing))
    """,
    start="",
)
_KINDS = {
    "leakage": _any(
        r"""
        (?<!memory~)leak(s|ing|age)?\b cheat\w* test~set~in look-?ahead
        """
    ),
    "understanding": _any(
        r"""
        no~idea not~sure 100~?%~sure for~some~reason investigate figure~out why~(is|does|do) find~out
        understand mysterious\w* weird
        """
    ),
    "reproducibility": _any(
        r"""
        \bseeds?\b random_state reproduc\w* determinis\w* non-?determinis\w*
        """
    ),
    "dependencies": _any(
        r"""
        remove~(in|when|once|after)~ deprecat\w* v\d+\.\d (?:in|>=|[Ll]earn)~\d+\.\d version upgrade
        sklearn scikit pytorch~bug compatib\w* upstream dependenc\w*
        """
    ),
    "testing": _any(
        r"""
        \btests?\b \bunit~?tests? assert\w* validat(e|ion)~(the~)?(input|data|schema) coverage
        """
    ),
    "configuration": _any(
        r"""
        config\w* hard-?coded? parametri[sz]e params?\b argument option\b \bcli\b yaml \bflag\b
        env(ironment)?~var\w* settings?
        """
    ),
    "hyper-parameters": _any(
        r"""
        hyper-?param\w* tun(e|ing) learning~rate \blr\b batch~?size epochs? max_depth min_child
        grid~?search loguniform
        """
    ),
    "data": _any(
        r"""
        \bdata\b data~?sets? \bdf\b dataframe \brows?\b nans?\b missing~values? null outlier\w*
        duplicat\w* labels? samples? samplers? csv parquet klines encoding~bug
        """
    ),
    "features": _any(
        r"""
        features?\b encod\w+ normali[sz]\w+ scal(e|er|ing)\b preprocess\w* tokeni[sz]\w* embedding\w*
        augment\w* transform\w* attributes?\b resolution crop\w*
        """
    ),
    "evaluation": _any(
        r"""
        metrics? evaluat\w* \brmse\b \bmse\b accuracy \bauc\b cross[-~]validation validate \bscore\b
        \bfolds?\b
        """
    ),
    "model": _any(
        r"""
        models?\b layers? weights? attention loss\b stacking ensemble classifier regressor checkpoint\w*
        gradient\w* inference predict\w* freez\w* hidden~state
        """
    ),
    "performance": _any(
        r"""
        slow fast(er)? memory speed efficien\w* batch(es)?\b paralleli[sz]\w* vectori[sz]\w* \bgpu\b
        \btpu\b optimi[sz]e
        """
    ),
}
OTHER = "code"


class Admission(NamedTuple):
    """A comment that admits debt. `kind` is data, features, model, …, or code; `linked` that it names an issue."""

    comment: Comment
    kind: str
    because: str
    linked: bool

    @property
    def text(self) -> str:
        """The comment without its marks, on one line."""
        return " ".join(self.comment.text.lstrip("#! ").split())


def admissions(source: SourceFacts) -> Iterator[Admission]:
    """The admissions of a file, in order."""
    for comment in source.facts.comments:
        found = admission(comment)
        if found is not None:
            yield found


def admission(comment: Comment) -> Admission | None:
    """What a comment admits; None if it admits nothing."""
    text = comment.text
    tag = _TAG.match(text) or _LATER_TAG.search(text)
    rest = tag["rest"] if tag else text
    phrase = _PHRASES.search(text)
    because = tag[1] if tag else phrase[0] if phrase else ""
    said = text if phrase else rest
    if not because or _NO_DEBT.search(rest) or len(_WORDS.findall(said)) < 2:
        return None
    return Admission(comment, kind_of(text), because, bool(_LINKED.search(text)))


def kind_of(text: str) -> str:
    """The kind of debt that a text is about."""
    return next((kind for kind, words in _KINDS.items() if words.search(text)), OTHER)
