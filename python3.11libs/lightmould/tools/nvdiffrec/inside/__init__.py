"""Scripts of ours that run in nvdiffrec's own interpreter; nothing of lightmould is there."""
