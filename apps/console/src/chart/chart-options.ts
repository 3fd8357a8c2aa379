import uPlot from 'uplot';
import type { Formats } from '../time/formats.ts';
import type { Series } from './series.ts';

interface Wishes {
  readonly size: { readonly width: number; readonly height: number };
  /** The token of the line's colour. */
  readonly colour: string;
  readonly formats: Formats;
  readonly hasBand: boolean;
  readonly onCursor: (index: number | undefined) => void;
  readonly onZoom: (fromEpochMs: number, toEpochMs: number) => void;
}

/** The one style of all charts. Lines are never drawn over gaps. */
export function chartOptions(wishes: Wishes): uPlot.Options {
  const { size, colour, formats, hasBand, onCursor, onZoom } = wishes;
  const stroke = token(colour);
  const axis = {
    stroke: token('--ink-3'),
    grid: { stroke: token('--line'), width: 1 },
    ticks: { show: false },
    font: '12px "Archivo Variable", sans-serif',
  };
  const edge: uPlot.Series = { stroke: 'transparent', points: { show: false } };
  return {
    ...size,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), formats.zone),
    cursor: { sync: { key: 'time' }, drag: { x: true, y: false, setScale: false }, y: false },
    scales: { x: { time: true } },
    axes: [
      {
        ...axis,
        size: 32,
        values: (_plot, splits, _index, _space, increment) =>
          splits.map((at) => formats.axis(at * 1000, increment)),
      },
      {
        ...axis,
        size: 64,
        values: (_plot, splits) => splits.map((value) => formats.number(value)),
      },
    ],
    series: [{}, { stroke, width: 1.75, spanGaps: false }, ...(hasBand ? [edge, edge] : [])],
    ...(hasBand && { bands: [{ series: [3, 2] as [number, number], fill: `${stroke}26` }] }),
    hooks: {
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < MIN_DRAG_PX) return;
          const [from, to] = [left, left + width].map((x) => plot.posToVal(x, 'x') * 1000);
          if (from !== undefined && to !== undefined) onZoom(Math.round(from), Math.round(to));
        },
      ],
    },
  };
}

const MIN_DRAG_PX = 6;

export function dataOf({ at, values, lowest, highest }: Series): uPlot.AlignedData {
  const rows = [[...at], [...values]];
  if (lowest && highest) rows.push([...lowest], [...highest]);
  return rows as unknown as uPlot.AlignedData;
}

/** A colour as it is now: a canvas knows no variables, and they differ between light and dark. */
function token(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return hexOf(color);
}

/** `rgb(11, 95, 89)` → `#0b5f59`, to which an opacity can be added. */
function hexOf(color: string): string {
  const parts = color.match(/\d+/g)?.slice(0, 3) ?? [];
  return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}
