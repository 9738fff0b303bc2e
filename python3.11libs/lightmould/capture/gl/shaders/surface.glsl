// What all fragments end with: see `raster.kernels_resolve`, which this repeats.
// Floats above 0 are in the order of their bits: no two depths fall together while the nearest is
// less than four times as near as the farthest, and few beyond that.
void hide_what_is_behind(float nearness) {
  gl_FragDepth = float(max(floatBitsToInt(nearness) - floatBitsToInt(order.x), 0)) * order.y;
}

// Right, up and depth of a ray through the pixel's center; rows go down.
vec3 ray() {
  return vec3((gl_FragCoord.x - lens.z) / lens.x, (lens.w - gl_FragCoord.y) / lens.y, 1.0);
}

vec3 turned_ray() {
  return mat3(wanted_from_camera) * (ray() * vec3(1.0, 1.0, -1.0));
}

// sRGB of linear light; IEC 61966-2-1:1999.
vec3 srgb(vec3 light) {
  light = clamp(light, 0.0, 1.0);
  return mix(1.055 * pow(light, vec3(1.0 / 2.4)) - 0.055, light * 12.92, lessThan(light, vec3(0.0031308)));
}

// All that is wanted; a normal of 0 is none.
void put(vec3 color, float depth, vec3 normal, vec2 uv, uint object) {
#ifdef WANTS_COLOR
  out_color = vec4(srgb(color), 1.0);
#endif
#ifdef WANTS_DEPTH
  out_depth = depth;
#endif
#ifdef WANTS_DEPTH_CODE
  out_depth_code = uint(min(depth * picture.w + 0.5, 65535.0));
#endif
#ifdef WANTS_NORMAL
  out_normal = vec4(normal, 0.0);
#endif
#ifdef WANTS_NORMAL_CODE
  out_normal_code = vec4(normal == vec3(0.0) ? normal : floor(normal * 127.5 + 128.0) / 255.0, 1.0);
#endif
#ifdef WANTS_UV
  out_uv = uv;
#endif
#ifdef WANTS_ID
  out_id = object;
#endif
}
