import { useId, type ReactNode } from 'react';

interface RadioCard<T extends string> {
  readonly value: T;
  readonly title: ReactNode;
  /** What choosing it comes to. */
  readonly note?: ReactNode;
}

interface RadioCardsProps<T extends string> {
  readonly legend: string;
  readonly cards: readonly RadioCard<T>[];
  /** Undefined: nothing is chosen yet. */
  readonly value: T | undefined;
  readonly onChoose: (value: T) => void;
  readonly error?: string | undefined;
}

/** One of a few, side by side, each with what it means. */
export function RadioCards<T extends string>(props: RadioCardsProps<T>) {
  const { legend, cards, value, onChoose, error } = props;
  const name = useId();
  return (
    <fieldset className="field" aria-describedby={error && `${name}-error`}>
      <legend className="field-label">{legend}</legend>
      <div className="radio-cards">
        {cards.map((card) => (
          <label key={card.value} className="radio-card">
            <input
              type="radio"
              name={name}
              value={card.value}
              checked={card.value === value}
              onChange={() => onChoose(card.value)}
            />
            <span>
              <strong>{card.title}</strong>
              {card.note && <span className="small quiet">{card.note}</span>}
            </span>
          </label>
        ))}
      </div>
      {error && (
        <span className="field-error" id={`${name}-error`}>
          {error}
        </span>
      )}
    </fieldset>
  );
}
