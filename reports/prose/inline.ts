/**
 * Sentences whose numbers are filled from results. A sentence is a list of pieces; a piece with a number in it says which file,
 * metric and cell it was read from, and a number typed into the text between is refused.
 */

/** What a reader opens to check a number. */
export interface Source {
  /** Path below the results folder, or of a file of the repository. */
  readonly file: string;
  /** Metric, config key or row of that file. */
  readonly metric: string;
  /** System, setting and seeds; '' where the file has but one value. */
  readonly cell: string;
}

/** Text read from results: a number with its unit, or words such as the label of a system. */
export interface Sourced {
  readonly kind: 'sourced';
  readonly text: string;
  /** The number behind the text, unrounded; absent for words. */
  readonly value?: number;
  readonly source: Source;
}

/** A work of the bibliography, by its key. */
export interface Citation {
  readonly kind: 'citation';
  readonly key: string;
}

/** A command, a file name or a config key. */
export interface Code {
  readonly kind: 'code';
  readonly text: string;
}

export type Inline = string | Sourced | Citation | Code;
export type Prose = readonly Inline[];

/** A digit that begins a number; those inside a name (P2P, P99, int8) do not. */
const NUMBER = /(?:^|[^\p{L}\d])\d/u;

/** A piece of text that holds no number. @throws RangeError if it does: a number needs its source */
function words(text: string): string {
  if (NUMBER.test(text)) throw new RangeError(`'${text}' states a number without its source`);
  return text;
}

/**
 * A sentence from a template: the text is typed, every number is a piece with a source.
 * @throws RangeError where the typed text, or a plain string put into it, holds a number
 */
export function prose(typed: TemplateStringsArray, ...filled: readonly (Inline | Prose)[]): Prose {
  return typed.flatMap((text, i): Inline[] => {
    const piece = filled[i] as Inline | Prose | undefined;
    const pieces: Prose = piece === undefined ? [] : isProse(piece) ? piece : [piece];
    return [words(text), ...pieces.map((each) => (typeof each === 'string' ? words(each) : each))].filter((each) => each !== '');
  });
}

function isProse(piece: Inline | Prose): piece is Prose {
  return Array.isArray(piece);
}

export function sourced(text: string, source: Source, value?: number): Sourced {
  return { kind: 'sourced', text, source, ...(value === undefined || !Number.isFinite(value) ? {} : { value }) };
}

export function cite(key: string): Citation {
  return { kind: 'citation', key };
}

export function code(text: string): Code {
  return { kind: 'code', text };
}

/** 'a', 'a and b', 'a, b and c'. */
export function listed(items: readonly (Inline | Prose)[], conjunction = 'and'): Prose {
  return items.flatMap((item, i): Inline[] => {
    const before = i === 0 ? [] : [i === items.length - 1 ? ` ${conjunction} ` : ', '];
    return [...before, ...(isProse(item) ? item : [item])];
  });
}

/** Sentences one after the other. */
export function joined(sentences: readonly Prose[], separator = ' '): Prose {
  return sentences.flatMap((sentence, i) => (i === 0 ? sentence : [separator, ...sentence]));
}

/** What a reader sees, without sources. */
export function plainText(text: Prose): string {
  return text.map((piece) => (typeof piece === 'string' ? piece : piece.kind === 'citation' ? '' : piece.text)).join('');
}

/** Every piece that was read from a file. */
export function sourcedPieces(text: Prose): Sourced[] {
  return text.filter((piece): piece is Sourced => typeof piece !== 'string' && piece.kind === 'sourced');
}

/** The text with its first letter in upper case, where that letter is not part of something read from results. */
export function sentence(text: Prose): Prose {
  const [first, ...rest] = text;
  return typeof first === 'string' ? [first.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()), ...rest] : text;
}
