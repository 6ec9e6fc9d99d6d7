/** One sentence of the summary. Losses come first, so that a reader meets them before anything else. */
export interface Finding {
  readonly kind: 'loss' | 'unclear' | 'win' | 'note';
  readonly text: string;
}
