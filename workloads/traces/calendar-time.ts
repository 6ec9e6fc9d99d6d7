/** Calendar timestamps to 1 ns, without the Date object: it knows milliseconds only, and the core reads no clock. */
import { SECOND } from '../../sim/kernel/time.ts';

/** A timestamp split so that both parts are exact: whole days since 1970-01-01 and nanoseconds within the day. */
export interface CalendarTime {
  readonly day: number;
  /** May fall outside one day where a UTC offset was applied. */
  readonly nsOfDay: number;
}

const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;
export const DAY_NS = 86_400 * SECOND;

/**
 * Reads `2023-11-16 18:17:03.9799600`, with T or a blank between date and time, up to nine decimals, and Z or an offset
 * at the end (none means UTC). Undefined if the text is no such timestamp or no such date exists.
 */
export function parseCalendarTime(text: string): CalendarTime | undefined {
  const match = TIMESTAMP.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, date, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) => Number(match.at(group) ?? '0'));
  if (month < 1 || month > 12 || date < 1 || date > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) return undefined;
  const fractionNs = Number((match.at(7) ?? '').padEnd(9, '0'));
  const offset = match.at(8) ?? 'Z';
  let offsetSeconds = 0;
  if (offset !== 'Z') {
    offsetSeconds = Number(offset.slice(1, 3)) * 3600 + Number(offset.slice(-2)) * 60;
    if (offset.startsWith('-')) offsetSeconds = -offsetSeconds;
  }
  return { day: dayNumber(year, month, date), nsOfDay: (hour * 3600 + minute * 60 + second - offsetSeconds) * SECOND + fractionNs };
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar, years counted from March so that the leap day comes last. */
function dayNumber(year: number, month: number, date: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + date - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}
