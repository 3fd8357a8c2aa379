import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { arduinoOf, curlOf, pythonOf } from '../access/device-programs.ts';
import { api, body } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { CopyField } from '../design/CopyField.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';

const PROGRAMS = [
  ['curl', curlOf],
  ['Python', pythonOf],
  ['ESP32 (Arduino)', arduinoOf],
] as const;

/** What an empty installation shows: how the first reading is sent, with a key made on the spot. */
export function FirstSteps() {
  const { t } = usePreferences();
  const { may } = useSession();
  if (!may('sensorflow/admin')) {
    return <EmptyState title={t('overview.empty.title')} text={t('overview.empty.text')} />;
  }
  return (
    <EmptyState title={t('overview.empty.title')} text={t('first.text')}>
      <Programs />
    </EmptyState>
  );
}

function Programs() {
  const { t } = usePreferences();
  const { may } = useSession();
  const [chosen, setChosen] = useState(0);
  const make = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api-keys', {
          body: { name: 'first steps', scopes: ['sensorflow/write'], ratePerMinute: null },
        }),
      ),
  });
  const [, programOf] = PROGRAMS[chosen] ?? PROGRAMS[0];
  if (!make.data) {
    return (
      <>
        <button
          type="button"
          className="button button-primary"
          disabled={make.isPending}
          onClick={() => make.mutate()}
        >
          {t('first.make')}
        </button>
        {may('sensorflow/import') && (
          <Link href="/imports" className="button">
            {t('first.csv')}
          </Link>
        )}
        {make.error && <Problem error={make.error} />}
      </>
    );
  }
  return (
    <div className="stack">
      <Notice tone="warn">{t('keys.once')}</Notice>
      <div className="chips" role="group" aria-label={t('first.program')}>
        {PROGRAMS.map(([name], index) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-pressed={index === chosen}
            onClick={() => setChosen(index)}
          >
            {name}
          </button>
        ))}
      </div>
      <CopyField label={t('first.program')} text={programOf(location.origin, make.data.key)} />
      <p className="quiet" role="status">
        {t('first.waiting')}
      </p>
    </div>
  );
}
