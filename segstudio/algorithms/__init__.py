"""Array in, array out: superpixels, graph cuts, CRFs, weak supervision, morphology and metrics, without torch or Qt."""
