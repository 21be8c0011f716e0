package gatewaytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// DeviceProof is what a device says when its holder has confirmed a step-up.
func DeviceProof(device, nonce string) string {
	mac := hmac.New(sha256.New, []byte(device))
	mac.Write([]byte(nonce))
	return hex.EncodeToString(mac.Sum(nil))
}

// said is an answer. It is written when the lock has been given back.
type said struct {
	status int
	body   map[string]any
	cut    bool // the connection is cut instead
	after  time.Duration
	html   bool
}

func refused(status int, code string) said {
	return said{status: status, body: map[string]any{"code": code, "message": "the gateway says no"}}
}

// login checks who it is and sends a code.
func (m *MyCAC) login(body []byte) said {
	var wire struct {
		Username string `json:"username"`
		Password string `json:"password"`
		Device   string `json:"device_fingerprint"`
	}
	if json.Unmarshal(body, &wire) != nil || wire.Username == "" || wire.Password == "" || wire.Device == "" {
		return refused(http.StatusBadRequest, "invalid_request")
	}
	h := m.holders[wire.Username]
	switch {
	case h == nil:
		return refused(http.StatusUnauthorized, "invalid_credentials")
	case m.isLocked(h):
		return m.locked(h, "account_locked")
	case h.PasswordHash != wire.Password || h.Device != wire.Device:
		return m.wrong(h, "invalid_credentials", "account_locked")
	case m.options.NoOTP:
		return m.begin(h)
	}
	m.serial++
	h.messages++
	h.code = fmt.Sprintf("%06d", m.random.IntN(1_000_000))
	id := fmt.Sprintf("ch_%d_%x", m.serial, m.random.Uint64())
	m.challenges.put(id, &challenge{holder: h, code: h.code, expires: m.options.Now().Add(m.options.OTPLife)})
	return said{status: http.StatusOK, body: map[string]any{
		"challenge_id": id, "otp_required": true, "expires_in": int(m.options.OTPLife.Seconds()), "sent_to": "+25377******12",
	}}
}

// confirm takes a code, which works once.
func (m *MyCAC) confirm(body []byte) said {
	var wire struct {
		ID  string `json:"challenge_id"`
		OTP string `json:"otp"`
	}
	if json.Unmarshal(body, &wire) != nil || wire.ID == "" || wire.OTP == "" {
		return refused(http.StatusBadRequest, "invalid_request")
	}
	c := m.challenges.values[wire.ID]
	switch {
	case c == nil:
		return refused(http.StatusUnauthorized, "challenge_expired")
	case m.isLocked(c.holder):
		return m.locked(c.holder, "otp_locked")
	case pick(&m.faults, func(f *Fault) bool { return f.Kind == OTPLockOut }) != nil:
		c.holder.lockedUntil = m.options.Now().Add(m.options.LockFor)
		return m.locked(c.holder, "otp_locked")
	case m.options.Now().After(c.expires):
		delete(m.challenges.values, wire.ID)
		return refused(http.StatusUnauthorized, "otp_expired")
	case c.code != wire.OTP:
		return m.wrong(c.holder, "otp_invalid", "otp_locked")
	}
	delete(m.challenges.values, wire.ID)
	return m.begin(c.holder)
}

func (m *MyCAC) isLocked(h *holder) bool { return m.options.Now().Before(h.lockedUntil) }

func (m *MyCAC) locked(h *holder, code string) said {
	no := refused(http.StatusLocked, code)
	no.body["locked_until"] = h.lockedUntil.UTC().Format(time.RFC3339)
	return no
}

// wrong counts a wrong code or password, and locks the login after too many.
func (m *MyCAC) wrong(h *holder, code, lockCode string) said {
	if h.tries++; h.tries >= m.options.MaxTries {
		h.tries, h.lockedUntil = 0, m.options.Now().Add(m.options.LockFor)
		return m.locked(h, lockCode)
	}
	no := refused(http.StatusUnauthorized, code)
	no.body["attempts_left"] = m.options.MaxTries - h.tries
	return no
}

func (m *MyCAC) begin(h *holder) said {
	m.serial++
	h.tries = 0
	token := fmt.Sprintf("cac_%d_%x", m.serial, m.random.Uint64())
	m.sessions.put(token, &cacSession{holder: h, expires: m.options.Now().Add(m.options.TokenLife)})
	return said{status: http.StatusOK, body: map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(m.options.TokenLife.Seconds()),
		"scopes": []string{"balance.read", "statement.read", "wallet.read"},
	}}
}

// askStepUp has the next read confirmed on the device.
func (m *MyCAC) askStepUp(session *cacSession) said {
	m.serial++
	id, nonce := fmt.Sprintf("su_%d", m.serial), fmt.Sprintf("%016x", m.random.Uint64())
	m.stepUps.put(id, &stepUp{session: session, nonce: nonce})
	no := refused(http.StatusForbidden, "step_up_required")
	no.body["step_up"] = map[string]any{"id": id, "method": "biometric", "nonce": nonce}
	return no
}

// confirmStepUp takes what the device says.
func (m *MyCAC) confirmStepUp(session *cacSession, body []byte) said {
	var wire struct {
		ID    string `json:"step_up_id"`
		Proof string `json:"proof"`
	}
	_ = json.Unmarshal(body, &wire) // without an id it is not known
	asked := m.stepUps.values[wire.ID]
	if asked == nil || asked.session != session || wire.Proof != DeviceProof(session.holder.Device, asked.nonce) {
		return refused(http.StatusForbidden, "step_up_failed")
	}
	delete(m.stepUps.values, wire.ID)
	return said{status: http.StatusOK, body: map[string]any{"step_up_id": wire.ID, "status": "confirmed"}}
}
