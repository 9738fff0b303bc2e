"""Houdini's assets as expanded folders of text: read, written, and checked without Houdini.

    names     operators, and the file names that stand for them
    dialog    the parameters of a node, as DialogScript has them
    contents  the nodes inside an asset, as Contents.mime has them
    sections  the small files around those
    folder    a whole asset, to and from the files of its folder
    lint      what is wrong with such a folder

Source: the format was learned from several hundred assets that others publish as folders.
"""
