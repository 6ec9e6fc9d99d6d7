/** What documents are made of: paragraphs, lists, tables, figures and commands, all of them sentences with sources. */
import type { Figure } from '../figures/figure.ts';
import { type Prose, type Sourced, sourcedPieces } from './inline.ts';

export interface ProseTable {
  readonly kind: 'table';
  readonly caption: Prose;
  readonly head: readonly { readonly text: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly Prose[])[];
}

export interface ProseFigure {
  readonly kind: 'figure';
  readonly figure: Figure;
  /** Results folder the chart is drawn from. */
  readonly folder: string;
}

export interface ProseList {
  readonly kind: 'list';
  /** `fine`: small print, in two columns on paper. */
  readonly layout: 'plain' | 'fine';
  readonly items: readonly { readonly mark: 'loss' | 'win' | 'unclear' | 'note'; readonly text: Prose }[];
}

export interface Commands {
  readonly kind: 'commands';
  readonly lines: readonly string[];
}

export interface Paragraph {
  readonly kind: 'paragraph';
  /** `question`, `setting`, `remark` set it apart; '' is plain text. */
  readonly role: 'question' | 'setting' | 'remark' | '';
  readonly text: Prose;
}

/** A heading with what stands below it; in the report headings of the same depth have the same level. */
export interface Section {
  readonly kind: 'section';
  readonly id: string;
  readonly title: Prose;
  /** `plain` runs over the page, `columns` in two columns of half a page's width, `study` is one block of those. */
  readonly layout: 'plain' | 'columns' | 'study';
  readonly blocks: readonly Block[];
}

export type Block = ProseTable | ProseFigure | ProseList | Commands | Paragraph | Section;

export function paragraph(text: Prose, role: Paragraph['role'] = ''): Paragraph {
  return { kind: 'paragraph', role, text };
}

export function list(items: readonly Prose[]): ProseList {
  return { kind: 'list', layout: 'plain', items: items.map((text) => ({ mark: 'note', text })) };
}

/** A long list of short texts. */
export function fineList(items: readonly Prose[]): ProseList {
  return { ...list(items), layout: 'fine' };
}

export function table(caption: Prose, head: readonly string[], rows: readonly (readonly Prose[])[], numeric: readonly number[] = []): ProseTable {
  return { kind: 'table', caption, head: head.map((text, i) => ({ text, numeric: numeric.includes(i) })), rows };
}

/** Every piece of a document that was read from a file, in the order in which it stands there. */
export function sourcesOf(blocks: readonly Block[]): Sourced[] {
  return blocks.flatMap((block): Sourced[] => {
    switch (block.kind) {
      case 'paragraph':
        return sourcedPieces(block.text);
      case 'list':
        return block.items.flatMap(({ text }) => sourcedPieces(text));
      case 'table':
        return [...sourcedPieces(block.caption), ...block.rows.flat().flatMap(sourcedPieces)];
      case 'section':
        return [...sourcedPieces(block.title), ...sourcesOf(block.blocks)];
      case 'figure':
      case 'commands':
        return [];
    }
  });
}
