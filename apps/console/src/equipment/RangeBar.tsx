import { useState } from 'react';
import { Dialog } from '../design/Dialog.tsx';
import { TextField } from '../design/Field.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { moved, NAMED_RANGES, rangeIn, scaled, withRange, type TimeRange } from '../time/range.ts';
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
  const { t } = usePreferences();
  const [from, setFrom] = useState(new Date(range.fromEpochMs).toISOString());
  const [to, setTo] = useState(new Date(range.toEpochMs).toISOString());
  const [isFaulty, setIsFaulty] = useState(false);
  return (
    <Dialog title={t('range.free')} onClose={onClose}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const chosen = rangeIn(new URLSearchParams({ from, to }), 0);
          setIsFaulty(chosen.name !== undefined);
          if (chosen.name !== undefined) return;
          onShow(chosen);
          onClose();
        }}
      >
        <TextField
          label={t('range.from')}
          hint={t('range.hint')}
          error={isFaulty ? t('range.faulty') : undefined}
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
        <TextField
          label={t('range.to')}
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
        <div className="actions">
          <button type="submit" className="button button-primary">
            {t('range.show')}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {t('app.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
