// A point is a square of four corners, of which a disc is drawn.
in vec3 in_place;
in vec3 in_normal;
in vec3 in_color;
in float in_object;
flat out vec2 middle;
flat out float depth;
flat out vec3 dot_normal;
flat out vec3 dot_color;
flat out uint dot_object;

void main() {
  vec4 clip = clip_from_scene * vec4(in_place, 1.0);
  depth = clip.w;
  middle = (clip.xy / clip.w * 0.5 + 0.5) * picture.xy;
  dot_normal = in_normal;
  dot_color = in_color;
  dot_object = uint(in_object);
  vec2 aside = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  vec2 pixel = middle + aside * (picture.z + 1.0);
  bool seen = depth >= eye.w;
  gl_Position = seen ? vec4(pixel / picture.xy * 2.0 - 1.0, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
