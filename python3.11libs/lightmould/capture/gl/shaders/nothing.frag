void main() {
  gl_FragDepth = 0.0;
#ifdef WANTS_COLOR
  out_color = vec4(BACKGROUND, 1.0);
#endif
#ifdef WANTS_DEPTH
  out_depth = uintBitsToFloat(0x7F800000u);  // inf
#endif
#ifdef WANTS_DEPTH_CODE
  out_depth_code = 0u;
#endif
#ifdef WANTS_NORMAL
  out_normal = vec4(0.0);
#endif
#ifdef WANTS_NORMAL_CODE
  out_normal_code = vec4(0.0);
#endif
#ifdef WANTS_UV
  out_uv = vec2(NOTHING);
#endif
#ifdef WANTS_ID
  out_id = 0u;
#endif
}
