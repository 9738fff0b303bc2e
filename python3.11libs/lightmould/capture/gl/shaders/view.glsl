// What is the same for a whole frame; `tables.view` writes it.
layout(std140, row_major, binding = 0) uniform View {
  mat4 clip_from_scene;     // rows from above; w is the depth
  mat4 wanted_from_camera;  // of directions: from right, up, back to the space of normals
  mat4 wanted_from_world;
  vec4 lens;     // fx, fy, cx, cy in pixels
  vec4 eye;      // its place in the scene, and the near plane
  vec4 picture;  // width, height, radius of points in pixels; scale of coded depth
  vec4 order;    // the least 1 / depth; one over how many floats there are from there to the largest
};
