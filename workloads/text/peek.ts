/** Looks at the first line of a stream that says anything, and gives the stream back whole. */

/** A stream of lines, none of them consumed, and its first line that is not blank; undefined where all are. */
export interface Peeked {
  readonly first: string | undefined;
  readonly lines: Iterable<string>;
}

/** Reads up to the first line that is not blank. `lines` of the result can be read once. */
export function peekLine(lines: Iterable<string>): Peeked {
  const iterator = lines[Symbol.iterator]();
  const read: string[] = [];
  let first: string | undefined;
  while (first === undefined) {
    const next = iterator.next();
    if (next.done === true) break;
    read.push(next.value);
    if (next.value.trim() !== '') first = next.value;
  }
  return { first, lines: rejoined(read, iterator) };
}

/** The lines already read, then the rest; closing it closes the rest, so that a file does not stay open. */
function* rejoined(read: readonly string[], rest: Iterator<string>): Generator<string> {
  try {
    yield* read;
    for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
  } finally {
    rest.return?.();
  }
}
