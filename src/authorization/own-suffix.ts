/** Of a permission that is held for what one owns. */
export const ownSuffix = '@own'

export function withoutOwn(permission: string): string {
  return permission.endsWith(ownSuffix) ? permission.slice(0, -ownSuffix.length) : permission
}
