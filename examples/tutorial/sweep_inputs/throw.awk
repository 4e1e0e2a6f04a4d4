# The flight of a ball with drag: awk -f throw.awk throw.txt
#
# Reads lines NAME VALUE: angle in degrees, speed in m/s, drag in 1/m (the deceleration is drag times speed squared).
# Prints time, distance and height along the way, and in the last line where the ball comes down.
{ given[$1] = $2 }
END {
  radian = atan2(0, -1) / 180
  speed = given["speed"]
  u = speed * cos(given["angle"] * radian)
  w = speed * sin(given["angle"] * radian)
  step = 0.001
  while (1) {
    # The midpoint rule.
    half_u = u - step / 2 * given["drag"] * sqrt(u * u + w * w) * u
    half_w = w - step / 2 * (9.81 + given["drag"] * sqrt(u * u + w * w) * w)
    half_speed = sqrt(half_u * half_u + half_w * half_w)
    next_z = z + step * half_w
    if (next_z < 0) break
    x += step * half_u
    z = next_z
    u -= step * given["drag"] * half_speed * half_u
    w -= step * (9.81 + given["drag"] * half_speed * half_w)
    if (++steps % 100 == 0) printf "%.1f\t%.3f\t%.3f\n", steps * step, x, z
  }
  # The last step as far as the ground.
  if (half_w < 0) { x -= half_u * z / half_w; rest = -z / half_w }
  printf "%.4f\t%.4f\t0\n", steps * step + rest, x
}
