"""For albench: a data set of rings, and temporal ensembling."""
