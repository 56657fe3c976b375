"""The classic networks as a ledger: what each costs and sees, computed without a single weight.

Torchvision's networks are built on torch's *meta* device, where a tensor has a shape and no
numbers: nothing is downloaded, and the largest network takes no memory. Derived in the chapter on
architectures.
"""

from course_lib.architectures.building import networks
from course_lib.architectures.ledger import Costs, Summary, measure, summary

__all__ = ["Costs", "Summary", "measure", "networks", "summary"]
