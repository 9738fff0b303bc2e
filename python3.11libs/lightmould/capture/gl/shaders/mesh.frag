// Tables are textures, since programs that stand in for a GPU read these faster than buffers.
uniform usampler2D faces;  // two texels each, see `tables.py`
uniform usampler2D materials;
uniform isampler2D levels;
uniform sampler2D texels;  // of color maps in sRGB, decoded as they are read
uniform sampler2D linear_texels;
in vec3 corner_normal;
in vec2 corner_uv;
in vec3 corner_color;

ivec2 at(int index) {
  return ivec2(index & (ROW - 1), index / ROW);
}

vec3 texel(ivec4 level, int x, int y) {
  ivec2 place = at(level.x + y * level.y + x);
#ifdef HAS_LINEAR_MAPS
  if (level.w > 0) return texelFetch(linear_texels, place, 0).rgb;
#endif
  return texelFetch(texels, place, 0).rgb;
}

// Bilinear, from the level whose texels have the area of the pixel there.
vec3 mapped(int first, int count, float area, vec2 uv) {
  float coarser = clamp(ceil(log2(area) * 0.5 - 0.5), 0.0, float(count - 1));
  ivec4 level = texelFetch(levels, at(first + int(coarser)), 0);
  ivec2 size = level.yz;
  vec2 place = vec2(uv.x - floor(uv.x), 1.0 - (uv.y - floor(uv.y))) * vec2(size) + 0.5;
  ivec2 high = ivec2(place);
  vec2 part = place - vec2(high);
  ivec2 low = ivec2(high.x == 0 ? size.x - 1 : high.x - 1, high.y == 0 ? size.y - 1 : high.y - 1);
  high = ivec2(high.x >= size.x ? high.x - size.x : high.x, high.y >= size.y ? high.y - size.y : high.y);
  vec3 above = mix(texel(level, low.x, low.y), texel(level, high.x, low.y), part.x);
  vec3 below = mix(texel(level, low.x, high.y), texel(level, high.x, high.y), part.x);
  return mix(above, below, part.y);
}

void main() {
  uvec4 plane = texelFetch(faces, at(2 * gl_PrimitiveID), 0);
  uvec4 rest = texelFetch(faces, at(2 * gl_PrimitiveID + 1), 0);
  int material = int(rest.y);
  uvec4 base = texelFetch(materials, at(2 * material), 0);
  float depth = 1.0 / gl_FragCoord.w;
  hide_what_is_behind(gl_FragCoord.w);
  // Positive in front of the face: six times the volume between it and the eye.
  float volume = dot(uintBitsToFloat(plane.xyz), eye.xyz) - uintBitsToFloat(plane.w);
  vec3 normal = mat3(wanted_from_world) * corner_normal;
  normal *= (volume < 0.0 ? -1.0 : 1.0) * inversesqrt(max(dot(normal, normal), 1e-30));
  vec3 color = uintBitsToFloat(base.xyz);
#ifdef HAS_MAPS
  ivec2 map = ivec2(base.w, texelFetch(materials, at(2 * material + 1), 0).x);
  float area = uintBitsToFloat(rest.x) * depth * depth * depth / (lens.x * lens.y * abs(volume));
  if (map.y > 0) color = mapped(map.x, map.y, area, corner_uv);
#endif
#ifdef HAS_COLORS
  color *= corner_color;
#endif
#ifdef LIT
  vec3 way = turned_ray();
  color *= abs(dot(normal, way)) * inversesqrt(dot(way, way));
#endif
#ifdef HAS_UVS
  put(color, depth, normal, corner_uv, rest.z);
#else
  put(color, depth, normal, vec2(NOTHING), rest.z);
#endif
}
