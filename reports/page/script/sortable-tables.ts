/** Tables that sort. */
export const SORTABLE_TABLES = String.raw`
  // ---- Tables that sort: a second click turns the order round; rows without a number come last.
  document.querySelectorAll('table.sortable').forEach((table) => {
    const body = table.tBodies[0];
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = make('button', { type: 'button' }, ...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const descending = head.getAttribute('aria-sort') === 'ascending';
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        const value = (row) => row.cells[column].dataset.sort;
        const numeric = Array.from(body.rows).some((row) => value(row) !== undefined);
        const compare = (a, b) => {
          if (!numeric) return a.cells[column].textContent.localeCompare(b.cells[column].textContent, 'en', { numeric: true }) * (descending ? -1 : 1);
          const [x, y] = [value(a), value(b)];
          if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
          return (Number(x) - Number(y)) * (descending ? -1 : 1);
        };
        body.append(...Array.from(body.rows).sort(compare));
      });
    });
  });
`;
