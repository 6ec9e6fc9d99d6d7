import { type Block, sourcesOf } from '../prose/blocks.ts';
import type { Prose, Sourced } from '../prose/inline.ts';
import { sourcedPieces } from '../prose/inline.ts';

/** One slide of a deck. */
export interface Slide {
  readonly id: string;
  readonly title: Prose;
  /** `title` opens the deck, `chart` has a chart at the left and text at the right, `text` is text or a table over the whole slide. */
  readonly layout: 'title' | 'chart' | 'text';
  readonly blocks: readonly Block[];
  /** What is said, for the speaker. */
  readonly notes: readonly Prose[];
  /** Where it comes from; empty where there is nothing to say. */
  readonly footer: Prose;
}

/** Every piece of the slides, notes included, that was read from a file. */
export function slideSources(slides: readonly Slide[]): Sourced[] {
  return slides.flatMap(({ title, blocks, notes, footer }) => [...sourcedPieces(title), ...sourcesOf(blocks), ...notes.flatMap(sourcedPieces), ...sourcedPieces(footer)]);
}
