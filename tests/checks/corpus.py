"""Every broken submission that the static checks find, by its defect."""

from corpus_archive import ARCHIVE
from corpus_code import CODE
from corpus_newer import NEWER
from corpus_versions import VERSIONS
from corpus_weights import WEIGHTS

STATIC = ARCHIVE | CODE | NEWER | VERSIONS | WEIGHTS
