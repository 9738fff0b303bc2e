flat in vec2 middle;
flat in float depth;
flat in vec3 dot_normal;
flat in vec3 dot_color;
flat in uint dot_object;

void main() {
  vec2 aside = gl_FragCoord.xy - middle;
  if (dot(aside, aside) > picture.z * picture.z) discard;
  hide_what_is_behind(1.0 / depth);
  vec3 normal = mat3(wanted_from_world) * dot_normal;
  vec3 way = turned_ray();
  float away = dot(normal, way);
  float light = 1.0;
#ifdef LIT
  if (dot_normal != vec3(0.0)) light = abs(away) * inversesqrt(dot(way, way));
#endif
  put(dot_color * light, depth, away > 0.0 ? -normal : normal, vec2(NOTHING), dot_object);
}
