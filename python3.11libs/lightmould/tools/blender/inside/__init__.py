# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Scripts that run inside Blender: bpy and the standard library, nothing of ours."""
