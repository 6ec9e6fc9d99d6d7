/** Linear least squares with coefficients that are at least 0, weighted for relative errors. */

/**
 * Coefficients c ≥ 0 that minimise Σ ((Σ_j c_j · x_ij − y_i) / y_i)², by cyclic coordinate descent (Lawson & Hanson's
 * problem; three unknowns converge in a few thousand sweeps).
 *
 * @throws RangeError where there are fewer rows than coefficients, or a target is not positive.
 */
export function nonNegativeFit(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const unknowns = rows[0]?.length ?? 0;
  if (rows.length < unknowns || unknowns === 0) throw new RangeError(`${rows.length} rows cannot determine ${unknowns} coefficients`);
  for (const target of targets) if (!(target > 0)) throw new RangeError(`a fitted value must be positive, not ${target}`);
  const scaled = rows.map((row, index) => row.map((value) => value / targets[index]));
  const gram = Array.from({ length: unknowns }, (_, a) => Array.from({ length: unknowns }, (__, b) => scaled.reduce((sum, row) => sum + row[a] * row[b], 0)));
  const right = Array.from({ length: unknowns }, (_, a) => scaled.reduce((sum, row) => sum + row[a], 0));
  const coefficients = new Array<number>(unknowns).fill(0);
  for (let sweep = 0; sweep < 20_000; sweep += 1) {
    let change = 0;
    for (let a = 0; a < unknowns; a += 1) {
      if (gram[a][a] === 0) continue;
      let residual = right[a];
      for (let b = 0; b < unknowns; b += 1) residual -= gram[a][b] * coefficients[b];
      const next = Math.max(0, coefficients[a] + residual / gram[a][a]);
      change = Math.max(change, Math.abs(next - coefficients[a]) / (Math.abs(next) + 1e-30));
      coefficients[a] = next;
    }
    if (change < 1e-10) break;
  }
  return coefficients;
}
