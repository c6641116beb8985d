"""The query strategy of BoostMIS (Zhang et al., CVPR 2022, arXiv 2203.02533)."""
