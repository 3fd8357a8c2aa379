import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { SendingPrograms } from '../access/KeyPrograms.tsx';
import { api, body } from '../api/client.ts';
import { CopyField } from '../design/CopyField.tsx';
import { TextField } from '../design/Field.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { download } from '../equipment/csv.ts';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { Arrival } from './Arrival.tsx';
import './first-steps.css';

const WAYS = ['program', 'csv'] as const;
const EXAMPLE = 'MY-FIRST';

/** From nothing to the first reading on the screen: a name, a key or a file, and what arrives. */
export default function FirstStepsPage() {
  const { t } = usePreferences();
  const [openedAtEpochMs] = useState(Date.now);
  const [name, setName] = useState(EXAMPLE);
  const [way, setWay] = useState<(typeof WAYS)[number]>('program');
  const equipmentId = name.replaceAll(/[^\w.:-]/g, '').replace(/^[^A-Za-z0-9]+/, '') || EXAMPLE;
  return (
    <>
      <PageHead title={t('first.title')} />
      <ol className="steps">
        <Step title={t('first.name')}>
          <TextField
            label={t('overview.column.equipment')}
            hint={t('first.name.hint')}
            maxLength={128}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </Step>
        <Step title={t('first.send')}>
          <div className="chips" role="group" aria-label={t('first.way')}>
            {WAYS.map((each) => (
              <button
                key={each}
                type="button"
                className="chip"
                aria-pressed={each === way}
                onClick={() => setWay(each)}
              >
                {t(`first.way.${each}`)}
              </button>
            ))}
          </div>
          {/* Both stay: the key of the one is shown only once. */}
          <div hidden={way !== 'program'}>
            <WithKey equipmentId={equipmentId} />
          </div>
          {way === 'csv' && <WithFile equipmentId={equipmentId} />}
        </Step>
        <Step title={t('first.arrives')}>
          <Arrival equipmentId={equipmentId} sinceEpochMs={openedAtEpochMs} />
        </Step>
      </ol>
    </>
  );
}

function Step({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <li className="step">
      <h2>{title}</h2>
      <div className="form">{children}</div>
    </li>
  );
}

function WithKey({ equipmentId }: { readonly equipmentId: string }) {
  const { t } = usePreferences();
  const make = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api-keys', {
          body: {
            name: t('first.key.name'),
            scopes: ['sensorflow/write'],
            ratePerMinute: null,
          },
        }),
      ),
  });
  if (!make.data) {
    return (
      <div className="form">
        <p className="quiet">{t('first.key.text')}</p>
        <div className="actions">
          <button
            type="button"
            className="button button-primary"
            disabled={make.isPending}
            onClick={() => make.mutate()}
          >
            {t('keys.make')}
          </button>
        </div>
        {make.error && <Problem error={make.error} />}
      </div>
    );
  }
  return (
    <div className="form">
      <Notice tone="warn">{t('keys.once')}</Notice>
      <CopyField label={t('keys.key')} text={make.data.key} />
      <SendingPrograms sender={{ key: make.data.key, equipmentId }} />
    </div>
  );
}

function WithFile({ equipmentId }: { readonly equipmentId: string }) {
  const { t } = usePreferences();
  const [now] = useState(Date.now);
  const text = exampleFile(equipmentId, now);
  return (
    <div className="form">
      <p className="quiet">{t('first.file.text')}</p>
      <CopyField label="readings.csv" text={text} />
      <div className="actions">
        <button type="button" className="button" onClick={() => download('readings.csv', text)}>
          {t('app.download')}
        </button>
        <Link href="/imports" className="button button-primary">
          {t('first.file.import')}
        </Link>
      </div>
    </div>
  );
}

function exampleFile(equipmentId: string, nowEpochMs: number): string {
  const rows = [21.5, 21.7, 21.6].map((value, index) => {
    const at = new Date(nowEpochMs - (3 - index) * 60_000).toISOString();
    return `${equipmentId},${at},${value}`;
  });
  return ['equipmentId,timestamp,temperature', ...rows].join('\n');
}
