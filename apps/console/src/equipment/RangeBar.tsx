import { useState } from 'react';
import { Dialog } from '../design/Dialog.tsx';
import { TextField } from '../design/Field.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { moved, NAMED_RANGES, scaled, withRange, type TimeRange } from '../time/range.ts';
import { instantOf, wallClockAt } from '../time/wall-clock.ts';
import './range-bar.css';

interface RangeBarProps {
  readonly range: TimeRange;
  readonly parameters: URLSearchParams;
  readonly onChange: (parameters: URLSearchParams) => void;
}

/** The four familiar ranges, free ones, and zooming without a mouse. */
export function RangeBar({ range, parameters, onChange }: RangeBarProps) {
  const { t, formats } = usePreferences();
  const [isChoosing, setIsChoosing] = useState(false);
  const show = (next: TimeRange) => onChange(withRange(parameters, next));
  return (
    <div className="range-bar">
      <div className="chips" role="group" aria-label={t('range.title')}>
        {NAMED_RANGES.map((name) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-pressed={range.name === name}
            onClick={() => onChange(withRange(parameters, name))}
          >
            {t(`range.${name}`)}
          </button>
        ))}
        <button
          type="button"
          className="chip"
          aria-pressed={range.name === undefined}
          onClick={() => setIsChoosing(true)}
        >
          {t('range.free')}
        </button>
      </div>
      <div className="actions">
        <button type="button" className="button" onClick={() => show(moved(range, -1))}>
          <span aria-hidden="true">←</span>
          <span className="visually-hidden">{t('range.earlier')}</span>
        </button>
        <button type="button" className="button" onClick={() => show(scaled(range, 2))}>
          <span aria-hidden="true">−</span>
          <span className="visually-hidden">{t('range.out')}</span>
        </button>
        <button type="button" className="button" onClick={() => show(scaled(range, 0.5))}>
          <span aria-hidden="true">+</span>
          <span className="visually-hidden">{t('range.in')}</span>
        </button>
        <button type="button" className="button" onClick={() => show(moved(range, 1))}>
          <span aria-hidden="true">→</span>
          <span className="visually-hidden">{t('range.later')}</span>
        </button>
      </div>
      <p className="quiet small range-text">
        {formats.instant(range.fromEpochMs)} – {formats.instant(range.toEpochMs)}
      </p>
      {isChoosing && <FreeRange range={range} onShow={show} onClose={() => setIsChoosing(false)} />}
    </div>
  );
}

interface FreeRangeProps {
  readonly range: TimeRange;
  readonly onShow: (range: TimeRange) => void;
  readonly onClose: () => void;
}

function FreeRange({ range, onShow, onClose }: FreeRangeProps) {
  const { t, formats } = usePreferences();
  const [from, setFrom] = useState(wallClockAt(range.fromEpochMs, formats));
  const [to, setTo] = useState(wallClockAt(range.toEpochMs, formats));
  const [isFaulty, setIsFaulty] = useState(false);
  const choose = () => {
    const [fromEpochMs, toEpochMs] = [instantOf(from, formats), instantOf(to, formats)];
    const isRange = toEpochMs > fromEpochMs;
    setIsFaulty(!isRange);
    if (!isRange) return;
    onShow({ name: undefined, fromEpochMs, toEpochMs });
    onClose();
  };
  return (
    <Dialog title={t('range.title')} onClose={onClose}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          choose();
        }}
      >
        <TextField
          label={t('range.from')}
          type="datetime-local"
          step={1}
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
        <TextField
          label={t('range.to')}
          hint={t('range.hint', { zone: formats.zone })}
          error={isFaulty ? t('range.faulty') : undefined}
          type="datetime-local"
          step={1}
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
        <div className="actions dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            {t('app.cancel')}
          </button>
          <button type="submit" className="button button-primary">
            {t('range.show')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
