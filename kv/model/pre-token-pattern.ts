/** Splitting patterns of tokenizer.json, which are written for another regular-expression engine, as JavaScript's. */

/** Longest pattern accepted; the published ones have about 150 characters. */
const MAX_PATTERN_LENGTH = 2000;

/**
 * A global Unicode RegExp of a pattern. Groups `(?i:…)` are spelled out by listing both cases of their ASCII letters, since this engine has no
 * modifiers inside a pattern. Throws RangeError for a pattern that this engine cannot express.
 */
export function preTokenPattern(pattern: string): RegExp {
  if (pattern.length > MAX_PATTERN_LENGTH) throw new RangeError(`${pattern.length} characters long; expected at most ${MAX_PATTERN_LENGTH}`);
  try {
    return new RegExp(spellOutCases(pattern), 'gu');
  } catch (error) {
    throw new RangeError(`cannot be expressed here: ${(error as Error).message}`);
  }
}

function spellOutCases(pattern: string): string {
  const lead = '(?i:';
  let out = '';
  let at = 0;
  for (;;) {
    const start = pattern.indexOf(lead, at);
    if (start < 0) return out + pattern.slice(at);
    out += `${pattern.slice(at, start)}(?:`;
    let depth = 1;
    let i = start + lead.length;
    for (; i < pattern.length && depth > 0; i++) {
      const character = pattern[i];
      if (character === '\\' || character === '[') throw new RangeError(`${character} within ${lead} cannot be spelled out`);
      if (character === '(') depth++;
      if (character === ')') depth--;
      out += /[a-zA-Z]/.test(character) ? `[${character.toLowerCase()}${character.toUpperCase()}]` : character;
    }
    if (depth > 0) throw new RangeError(`${lead} is not closed`);
    at = i;
  }
}
