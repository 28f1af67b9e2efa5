import type { KnownDevice } from './store.js'

/** Enough for all that somebody owns; a script that keeps no token leaves one with every sign-in. */
export const mostDevices = 20

const hasComeBack = ({ createdAt, lastUsedAt }: KnownDevice) => lastUsedAt.getTime() !== createdAt.getTime()

/**
 * Which go where there are too many: first those that never came back, so that whoever signs in again and again without a
 * token pushes out nothing but their own; then those that were used longest ago.
 */
export function spareDevices(devices: readonly KnownDevice[], most = mostDevices): KnownDevice[] {
  return devices
    .toSorted(
      (a, b) => Number(hasComeBack(a)) - Number(hasComeBack(b)) || a.lastUsedAt.getTime() - b.lastUsedAt.getTime(),
    )
    .slice(0, Math.max(0, devices.length - most))
}
