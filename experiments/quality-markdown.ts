/** A quality table as Markdown. */
import type { Estimate } from '../kv/quality/bootstrap.ts';
import type { QualityRow, QualityTable } from '../kv/quality/quality-table.ts';

/** One table a context shape and shift; estimates with their 95 % intervals. */
export function qualityMarkdown(table: QualityTable): string {
  const shapes = [...new Set(table.rows.map((row) => `${row.chunkTokens}/${row.chunks}`))];
  const parts = shapes.map((shape) => {
    const rows = table.rows.filter((row) => `${row.chunkTokens}/${row.chunks}` === shape);
    return shapeTable(rows);
  });
  return [`Model ${table.model}, ${table.rows[0]?.cases ?? 0} contexts a row; texts are compared with ${table.textReference}.`, ...parts].join('\n\n');
}

function shapeTable(rows: readonly QualityRow[]): string {
  const [first] = rows;
  const answers = rows.some((row) => row.exactAnswers !== null);
  const texts = rows.some((row) => row.bleu !== null);
  const kinds = answers ? Object.keys(first.exactByKind) : [];
  const head = [
    'policy', 'level', 'cached at', 'perplexity', 'increase %', 'of it by compression %', 'agreement %', 'KL, mnat',
    ...(answers ? ['exact %', ...kinds.map((kind) => `${kind} %`)] : []),
    ...(texts ? ['ROUGE-1', 'ROUGE-2', 'ROUGE-L', 'BLEU'] : []),
    'recomputed %', 'ratio',
  ];
  const lines = rows.map((row) => [
    row.policy,
    row.level,
    row.shift === 'start' ? '0' : `true position ${row.shift >= 0 ? '+' : '−'} ${Math.abs(row.shift)}`,
    row.perplexity.value.toFixed(3),
    withInterval(row.perplexityIncrease, 100, 2),
    row.level === 'float32' ? '' : withInterval(row.increaseFromCompression, 100, 2),
    withInterval(row.agreement, 100, 1),
    withInterval(row.divergence, 1000, 1),
    ...(answers ? [row.exactAnswers === null ? '' : withInterval(row.exactAnswers, 100, 1), ...kinds.map((kind) => (row.exactByKind[kind].value * 100).toFixed(1))] : []),
    ...(texts ? [row.rouge1, row.rouge2, row.rougeL, row.bleu].map((score) => (score === null ? '' : withInterval(score, 100, 1))) : []),
    (row.recomputedShare * 100).toFixed(0),
    row.compressionRatio === null || row.level === 'float32' ? '' : row.compressionRatio.toFixed(2),
  ]);
  const title = `**${first.chunks} chunks of ${first.chunkTokens} tokens**`;
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return [title, '', ...table].join('\n');
}

function withInterval(estimate: Estimate, scale: number, digits: number): string {
  const show = (value: number): string => (value * scale).toFixed(digits).replace('-', '−');
  return `${show(estimate.value)} (${show(estimate.low)} to ${show(estimate.high)})`;
}
