/** How often a property is tried: `usual` times, and ten times as often in `npm run test:full`. */
export function runs(usual: number): number {
  return process.env.TENANTRY_FULL ? usual * 10 : usual;
}
