import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { usePreferences } from '../shell/preferences.tsx';
import { chartOptions, dataOf } from './chart-options.ts';
import type { Series } from './series.ts';
import { useDarkScheme } from './use-dark-scheme.ts';
import './chart.css';

interface ChartProps {
  readonly label: string;
  readonly series: Series;
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  /** Which of the four colours. */
  readonly colour: number;
  readonly onZoom: (fromEpochMs: number, toEpochMs: number) => void;
}

const HEIGHT = 200;

/** One metric over time: drag or use the buttons to zoom, arrow keys to read point by point. */
export default function Chart(props: ChartProps) {
  const { theme } = usePreferences();
  const isDark = useDarkScheme();
  // A canvas keeps the colours that it was drawn with, and its lines.
  return <Plot key={`${theme} ${isDark} ${props.series.lowest !== undefined}`} {...props} />;
}

function Plot({ label, series, fromEpochMs, toEpochMs, colour, onZoom }: ChartProps) {
  const { formats } = usePreferences();
  const frame = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<uPlot>();
  const zoom = useRef(onZoom);
  const [at, setAt] = useState<number>();
  useEffect(() => {
    zoom.current = onZoom;
  }, [onZoom]);
  const hasBand = series.lowest !== undefined;
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const options = chartOptions({
      size: { width: element.clientWidth, height: HEIGHT },
      colour: `--series-${colour}`,
      formats,
      hasBand,
      onCursor: setAt,
      onZoom: (from, to) => zoom.current(from, to),
    });
    const made = new uPlot(options, undefined, element);
    setPlot(made);
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [hasBand, colour, formats]);
  // What is there already is zoomed at once; finer data takes its place when it comes.
  useEffect(() => {
    plot?.batch(() => {
      plot.setData(dataOf(series), false);
      plot.setScale('x', { min: fromEpochMs / 1000, max: toEpochMs / 1000 });
    });
  }, [plot, series, fromEpochMs, toEpochMs]);
  const shown = at === undefined ? undefined : pointIn(series, at);
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <strong>{label}</strong>
        <output className="quiet">
          {shown && `${formats.instant(shown.at * 1000)}  ${formats.exactNumber(shown.value)}`}
        </output>
      </figcaption>
      <div
        ref={frame}
        className="chart-frame"
        role="application"
        tabIndex={0}
        aria-label={label}
        onKeyDown={(event) => {
          const next = pointAfter(event.key, series, at);
          if (next === undefined || !plot) return;
          event.preventDefault();
          plot.setCursor({
            left: plot.valToPos(series.at[next] ?? 0, 'x'),
            top: 0,
          });
          setAt(next);
        }}
      />
    </figure>
  );
}

function pointIn({ at, values }: Series, index: number) {
  const [instant, value] = [at[index], values[index]];
  return instant === undefined || typeof value !== 'number' ? undefined : { at: instant, value };
}

/** The next point in the direction of a key, over gaps. */
function pointAfter(key: string, { values }: Series, from: number | undefined): number | undefined {
  const known = values.flatMap((value, index) => (value === null ? [] : [index]));
  const last = known.at(-1);
  if (key === 'Home') return known[0];
  if (key === 'End') return last;
  if (key === 'ArrowRight') return known.find((index) => index > (from ?? -1)) ?? last;
  if (key === 'ArrowLeft') return known.findLast((index) => index < (from ?? values.length));
  return undefined;
}
