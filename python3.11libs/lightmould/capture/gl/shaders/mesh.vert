in vec3 in_place;
in vec3 in_normal;
in vec2 in_uv;
in vec3 in_color;
out vec3 corner_normal;
out vec2 corner_uv;
out vec3 corner_color;

void main() {
  gl_Position = clip_from_scene * vec4(in_place, 1.0);
  corner_normal = in_normal;
  corner_uv = in_uv;
  corner_color = in_color;
}
