// A form's fields: each with its label, a word of help and its fault, all tied together for screen readers.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Common {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly help?: string;
  readonly fault?: string | undefined;
  readonly required?: boolean;
  readonly disabled?: boolean;
}

export interface TextFieldProps extends Common {
  readonly type?: 'text' | 'password' | 'number';
  readonly autocomplete?: 'username' | 'current-password' | 'new-password' | 'off';
  readonly placeholder?: string;
  readonly suggestions?: readonly string[];
  /** More than one makes it a field of that many lines. */
  readonly rows?: number;
  readonly min?: number;
  readonly max?: number;
  readonly autofocus?: boolean;
}

export function TextField({ label, value, onValue, help, fault, required = false, disabled = false, type = 'text', autocomplete = 'off', placeholder = '', suggestions, rows = 1, min, max, autofocus = false }: TextFieldProps) {
  const id = useId();
  const described = describe(id, help, fault);
  const shared = { id, value, required, disabled, placeholder, ...described, ...(fault === undefined ? {} : { 'aria-invalid': true }), ...(autofocus ? { 'data-autofocus': true } : {}), spellcheck: rows > 1 };
  const typed = type === 'number' ? { type, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) } : type === 'password' ? { type } : { type: 'text' as const };
  return (
    <Frame id={id} label={label} help={help} fault={fault} required={required}>
      {rows > 1 ? (
        <textarea {...shared} rows={rows} onInput={(event) => onValue(event.currentTarget.value)} />
      ) : suggestions !== undefined ? (
        <input {...shared} type="text" list={`${id}-list`} autocomplete={autocomplete} onInput={(event) => onValue(event.currentTarget.value)} />
      ) : (
        <input {...shared} {...typed} autocomplete={autocomplete} onInput={(event) => onValue(event.currentTarget.value)} />
      )}
      {suggestions !== undefined && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </Frame>
  );
}

export function SelectField({ label, value, onValue, help, fault, required = false, disabled = false, choices }: Common & { readonly choices: readonly { readonly value: string; readonly text: string }[] }) {
  const id = useId();
  return (
    <Frame id={id} label={label} help={help} fault={fault} required={required}>
      <select id={id} value={value} disabled={disabled} onChange={(event) => onValue(event.currentTarget.value)} {...describe(id, help, fault)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

export function SwitchField({ label, value, onValue, help, disabled = false }: { readonly label: string; readonly value: boolean; readonly onValue: (value: boolean) => void; readonly help?: string; readonly disabled?: boolean }) {
  const id = useId();
  return (
    <div class="switch-field">
      <input id={id} type="checkbox" role="switch" checked={value} disabled={disabled} onChange={(event) => onValue(event.currentTarget.checked)} {...describe(id, help, undefined)} />
      <label for={id}>{label}</label>
      {help !== undefined && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

function Frame({ id, label, help, fault, required, children }: { readonly id: string; readonly label: string; readonly help: string | undefined; readonly fault: string | undefined; readonly required: boolean; readonly children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>
        {label}
        {required && <span class="needed"> (needed)</span>}
      </label>
      {children}
      {help !== undefined && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {fault !== undefined && (
        <p class="field-fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}

function describe(id: string, help: string | undefined, fault: string | undefined): { readonly 'aria-describedby'?: string } {
  const ids = [...(help === undefined ? [] : [`${id}-help`]), ...(fault === undefined ? [] : [`${id}-fault`])].join(' ');
  return ids === '' ? {} : { 'aria-describedby': ids };
}
