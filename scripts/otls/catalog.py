"""Every asset of ours."""

from otls import asset_tops, objects, sops, view_tops

ASSETS = (
    objects.camera_rig(),
    sops.camera_points(),
    sops.import_asset(),
    view_tops.camera_rig(),
    view_tops.blender_render(),
    view_tops.assemble_dataset(),
    asset_tops.reconstruct(),
    asset_tops.nvdiffrec(),
    asset_tops.import_asset(),
)
