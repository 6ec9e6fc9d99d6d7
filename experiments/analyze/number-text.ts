/** Numbers as the analysis prints them. */

/** A whole number with its thousands apart: 121,877. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A share as per cent: 0.6396 → 64.0 %. */
export function percentText(share: number, decimals = 1): string {
  return `${(100 * share).toFixed(decimals)} %`;
}

const SIZES: readonly (readonly [string, number])[] = [['TiB', 1_099_511_627_776], ['GiB', 1_073_741_824], ['MiB', 1_048_576], ['KiB', 1024], ['B', 1]];

/** Bytes in the largest binary unit of which there is at least one, to three digits: 412 GiB. */
export function bytesText(bytes: number): string {
  const [unit, size] = SIZES.find(([, factor]) => bytes >= factor) ?? ['B', 1];
  return `${digits(bytes / size)} ${unit}`;
}

/** Seconds in a unit that suits them: 65.5 s, 17.0 min, 2.50 h. */
export function durationText(seconds: number): string {
  if (seconds >= 172_800) return `${digits(seconds / 86_400)} days`;
  if (seconds >= 7200) return `${digits(seconds / 3600)} h`;
  if (seconds >= 120) return `${digits(seconds / 60)} min`;
  if (seconds >= 1 || seconds === 0) return `${digits(seconds)} s`;
  return `${digits(seconds * 1000)} ms`;
}

/** Tokens, in millions where there are many: 3.15 M. */
export function tokensText(tokens: number): string {
  if (tokens >= 1e9) return `${digits(tokens / 1e9)} G`;
  return tokens >= 1e6 ? `${digits(tokens / 1e6)} M` : countText(tokens);
}

/** Three significant digits, whole parts in full, no trailing zeros: 3.91, 17, 121,877. */
export function digits(value: number): string {
  return Math.abs(value) >= 100 ? countText(value) : String(Number(value.toPrecision(3)));
}
