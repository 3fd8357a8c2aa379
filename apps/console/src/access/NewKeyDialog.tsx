import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { ApiProblem, faultText } from '../api/problem.ts';
import { CopyField } from '../design/CopyField.tsx';
import { Dialog } from '../design/Dialog.tsx';
import { TextField } from '../design/Field.tsx';
import { InfoDialog } from '../design/InfoDialog.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { exampleEquipment } from './device-programs.ts';
import { KeyPrograms } from './KeyPrograms.tsx';

type IssuedKey = components['schemas']['IssuedApiKey'];
type Scope = IssuedKey['scopes'][number];

const SCOPES: readonly Scope[] = ['sensorflow/write', 'sensorflow/read', 'sensorflow/import'];

/** Makes a key and shows it this once, with programs that use it. */
export function NewKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = usePreferences();
  const [key, setKey] = useState<IssuedKey>();
  if (!key) {
    return (
      <Dialog title={t('keys.make')} onClose={onClose}>
        <NewKeyForm onMade={setKey} onCancel={onClose} />
      </Dialog>
    );
  }
  return (
    <InfoDialog title={t('keys.made')} action={t('keys.kept')} isShownOnce onClose={onClose}>
      <Notice tone="warn">{t('keys.once')}</Notice>
      <CopyField label={t('keys.key')} text={key.key} />
      <KeyPrograms
        scopes={key.scopes}
        sender={{ key: key.key, equipmentId: exampleEquipment(key.equipmentIds) }}
      />
    </InfoDialog>
  );
}

interface NewKeyFormProps {
  readonly onMade: (key: IssuedKey) => void;
  readonly onCancel: () => void;
}

function NewKeyForm({ onMade, onCancel }: NewKeyFormProps) {
  const { t } = usePreferences();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['sensorflow/write']);
  const [equipment, setEquipment] = useState('');
  const [expires, setExpires] = useState('');
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => {
      const equipmentIds = equipment.split(/[\s,;]+/).filter((id) => id !== '');
      const wish = {
        name,
        scopes: [...scopes],
        ratePerMinute: null,
        ...(equipmentIds.length > 0 && { equipmentIds }),
        ...(expires !== '' && { expiresAt: `${expires}T00:00:00Z` }),
      };
      return body(api.POST('/api-keys', { body: wish }));
    },
    onSuccess: async (key) => {
      onMade(key);
      await client.invalidateQueries({ queryKey: ['api-keys'] });
    },
  });
  const faults = make.error instanceof ApiProblem ? make.error.faults : [];
  const faultAt = (pointer: string) => {
    const fault = faults.find((each) => each.pointer.startsWith(pointer));
    return fault && faultText(fault, t);
  };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      {make.error && faults.length === 0 && <Problem error={make.error} />}
      <TextField
        label={t('keys.name')}
        hint={t('keys.name.hint')}
        error={faultAt('/name')}
        required
        maxLength={128}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
      <ScopesField scopes={scopes} error={faultAt('/scopes')} onChange={setScopes} />
      <TextField
        label={t('overview.column.equipment')}
        hint={t('keys.equipment.hint')}
        error={faultAt('/equipmentIds')}
        value={equipment}
        onChange={({ target }) => setEquipment(target.value)}
      />
      <TextField
        label={t('keys.expires')}
        hint={t('keys.expires.hint')}
        error={faultAt('/expiresAt')}
        type="date"
        value={expires}
        onChange={({ target }) => setExpires(target.value)}
      />
      <div className="actions">
        <button
          type="submit"
          className="button button-primary"
          disabled={make.isPending || name === '' || scopes.length === 0}
        >
          {t('keys.make')}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {t('app.cancel')}
        </button>
      </div>
    </form>
  );
}

interface ScopesFieldProps {
  readonly scopes: readonly Scope[];
  readonly error: string | undefined;
  readonly onChange: (scopes: readonly Scope[]) => void;
}

function ScopesField({ scopes, error, onChange }: ScopesFieldProps) {
  const { t } = usePreferences();
  return (
    <fieldset className="form">
      <legend className="field-label">{t('keys.scopes')}</legend>
      {SCOPES.map((scope) => (
        <label key={scope} className="check">
          <input
            type="checkbox"
            checked={scopes.includes(scope)}
            onChange={({ target }) => {
              const others = scopes.filter((each) => each !== scope);
              onChange(target.checked ? [...others, scope] : others);
            }}
          />
          {t(`scope.${scope}`)}
        </label>
      ))}
      {error && <span className="field-error">{error}</span>}
    </fieldset>
  );
}
