"""What our Houdini assets are, in Python: parameters, help, icons, callbacks and contents.

`scripts/build_otls.py` writes the folders in `otls`, the pages in `houdini/help/nodes` and nothing
else; those are never edited by hand. What an asset calls, all of it in `lightmould.houdini`:

    asset                 function                              when
    Object camera_rig     camera_rig.create(kwargs)             button Create Cameras
                          camera_rig.remove(kwargs)             button Remove Cameras
                          camera_rig.measure(kwargs)            button Measure Coverage
                          camera_rig.export(kwargs)             button Write Rig
                          camera_rig.sync(kwargs)               any other parameter was changed
    Sop camera_points     camera_points.cook(node)              cook
                          camera_points.reload(kwargs)          button Reload
    Sop import            import_asset.cook(node)               cook
                          import_asset.reload(kwargs)           button Reload
                          import_asset.make_material(kwargs)    button Build Material
                          import_asset.make_light(kwargs)       button Build Light
    every Top             tops.generate(node, holder, items)    work items are wanted; `node` is the
                                                                pdg.Node of the pythonprocessor
                          tops.open_folder(kwargs)              button Open Folder
    Top import_asset      tops.cook_task(node, item)            a work item cooks, in Houdini itself

Which Top it is that calls, the name of the asset's type tells. Its pythonprocessor, `generator`,
has no parameters of ours: they are the asset's, `node.topNode().parent().parm(NAME)`.
"""
