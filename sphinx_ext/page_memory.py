"""What was found in a written page is kept until the page changes.

Looking through all pages takes longer than everything else that a build does for one changed sentence.
"""

import hashlib
import json
import sys


class PageMemory:
    """Results of the last build, by the text in which they were found.

    Parameters
    ----------
    path : pathlib.Path
        The file between two builds; one that is missing or spoilt is an empty memory.
    rules : str
        The name of the module that finds: other rules, other results.
    """

    def __init__(self, path, rules):
        with open(sys.modules[rules].__file__, "rb") as module:
            self.rules = module.read()
        self.path, self.now = path, {}
        try:
            self.before = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self.before = {}

    def recall(self, find, *texts):
        """Return ``find(*texts)``, or what it returned for the same texts (JSON values) in the last build."""
        digest = hashlib.sha256(self.rules + json.dumps(texts).encode()).hexdigest()
        self.now[digest] = self.before[digest] if digest in self.before else find(*texts)
        return self.now[digest]

    def keep(self):
        """Write what this build asked for, for the next one."""
        self.path.write_text(json.dumps(self.now), encoding="utf-8")
