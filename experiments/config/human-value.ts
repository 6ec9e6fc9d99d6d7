/** Config values as a person writes them: plain JSON data, quantities as text with units. */
export type HumanValue = string | number | boolean | null | readonly HumanValue[] | HumanObject;

export interface HumanObject {
  readonly [key: string]: HumanValue;
}

/** Whether a value is an object with keys (not a list). */
export function isHumanObject(value: unknown): value is HumanObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
