/**
 * The SVG of a marked chart for a page: rows in `data-row`, without Vega's own roles and labels (the page gives the chart a
 * text alternative and a table), scaled by its view box.
 *
 * @param prefix set before the ids of the SVG, which every chart of a page would else share
 */
export function pageSvg(svg: string, prefix: string): string {
  return svg
    .replace(/ id="/g, ` id="${prefix}`)
    .replace(/url\(#/g, `url(#${prefix}`)
    .replace(/ font-family="[^"]*"/g, '')
    .replace(/ (?:role|aria-roledescription|aria-hidden)="[^"]*"/g, '')
    .replace(/ aria-label="(\d+)"/g, ' data-row="$1"')
    .replace(/ aria-label="[^"]*"/g, '')
    .replace(/^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>/, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $1 $2" aria-hidden="true" focusable="false">');
}
