/** One line of a chart. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over one pair of axes, both of which begin at 0. */
export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  /** Moments or places on the x axis that are named. */
  readonly marks?: readonly { readonly x: number; readonly text: string }[];
  /** Values above are drawn at it. */
  readonly mostY?: number;
}

const [WIDTH, HEIGHT] = [720, 300];
const FRAME = { left: 64, right: 185, top: 44, bottom: 52 };
const INNER = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
const MOST_TICKS = 6;
/** Told apart also by those who see no red or green, and by their dashes. */
const DASHES = ['', '7 4', '2 4', '10 3 2 3'];

/** Colours have a contrast of 4.5 to 1 or more with the background, by day and by night. */
const STYLE = `
  .back { fill: #ffffff; } text { fill: #1f2328; font: 13px system-ui, sans-serif; } .title { font-weight: 600; font-size: 15px; }
  .grid { stroke: #d1d9e0; } .mark { stroke: #59636e; stroke-dasharray: 3 3; } path { fill: none; stroke-width: 2; }
  .l0 { stroke: #0969da; } .l1 { stroke: #bc4c00; } .l2 { stroke: #8250df; } .l3 { stroke: #1a7f37; }
  circle { stroke: none; } circle.l0 { fill: #0969da; } circle.l1 { fill: #bc4c00; } circle.l2 { fill: #8250df; } circle.l3 { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117; } text { fill: #f0f6fc; } .grid { stroke: #3d444d; } .mark { stroke: #9198a1; }
    .l0 { stroke: #4493f8; } .l1 { stroke: #f0883e; } .l2 { stroke: #ab7df8; } .l3 { stroke: #3fb950; }
    circle.l0 { fill: #4493f8; } circle.l1 { fill: #f0883e; } circle.l2 { fill: #ab7df8; } circle.l3 { fill: #3fb950; }
  }`;

/**
 * Draws charts one below the other, as an SVG that is readable on light and on dark pages.
 *
 * @param label what they show, for those who can't see them
 */
export function drawCharts(label: string, charts: readonly Chart[]): string {
  const height = HEIGHT * charts.length;
  const drawn = charts.map((chart, index) => `<g transform="translate(0 ${index * HEIGHT})">${draw(chart)}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(label)}">
<style>${STYLE}
</style>
<rect class="back" width="100%" height="100%" rx="6"/>
${drawn.join('\n')}
</svg>
`;
}

function draw({ title, x, y, lines, marks = [], mostY = Infinity }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const [ticksX, ticksY] = [
    ticks(Math.max(...points.map(([at]) => at))),
    ticks(Math.min(mostY, Math.max(...points.map(([, value]) => value)))),
  ];
  const [mostX, topY] = [ticksX.at(-1) ?? 1, ticksY.at(-1) ?? 1];
  const atX = (value: number): number => round(FRAME.left + (value / mostX) * INNER.width);
  const atY = (value: number): number => round(FRAME.top + INNER.height * (1 - Math.min(value, topY) / topY));
  const bottom = FRAME.top + INNER.height;
  const right = FRAME.left + INNER.width;
  const parts = [
    text(FRAME.left, 24, title, 'class="title"'),
    text(FRAME.left + INNER.width / 2, HEIGHT - 12, x, 'text-anchor="middle"'),
    text(
      16,
      FRAME.top + INNER.height / 2,
      y,
      `text-anchor="middle" transform="rotate(-90 16 ${FRAME.top + INNER.height / 2})"`,
    ),
  ];
  parts.push(...ticksX.map((value) => text(atX(value), bottom + 18, show(value), 'text-anchor="middle"')));
  for (const value of ticksY) {
    parts.push(
      `<line class="grid" x1="${FRAME.left}" x2="${right}" y1="${atY(value)}" y2="${atY(value)}"/>`,
      text(FRAME.left - 8, atY(value) + 4, show(value), 'text-anchor="end"'),
    );
  }
  for (const [index, mark] of marks.entries()) {
    parts.push(
      `<line class="mark" x1="${atX(mark.x)}" x2="${atX(mark.x)}" y1="${FRAME.top}" y2="${bottom}"/>`,
      // The first one's text ends at it, so that two that are close do not cover each other.
      text(atX(mark.x) + (index === 0 ? -5 : 5), FRAME.top + 14, mark.text, index === 0 ? 'text-anchor="end"' : ''),
    );
  }
  for (const [index, line] of lines.entries()) {
    const way = line.points.map(([at, value]) => `${atX(at)} ${atY(value)}`).join(' L');
    const dash = DASHES[index % DASHES.length] ?? '';
    const look = `class="l${index}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;
    const keyY = FRAME.top + 8 + index * 20;
    parts.push(`<path ${look} d="M${way}"/>`);
    if (line.points.length < 20) {
      parts.push(
        ...line.points.map(([at, value]) => `<circle class="l${index}" cx="${atX(at)}" cy="${atY(value)}" r="3"/>`),
      );
    }
    parts.push(
      `<path ${look} d="M${right + 12} ${keyY} L${right + 40} ${keyY}"/>`,
      text(right + 46, keyY + 4, line.name),
    );
  }
  return parts.join('\n');
}

/** From 0 to at least `most`, by 1, 2 or 5 times a power of ten. */
function ticks(most: number): number[] {
  const raw = Math.max(most, 1e-9) / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
  return Array.from({ length: Math.ceil((most / step) * 0.999) + 1 }, (_, index) => index * step);
}

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${more}>${escape(content)}</text>`;
}

function show(value: number): string {
  return String(round(value));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
