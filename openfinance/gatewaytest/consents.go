package gatewaytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Issue gives a consent for wallets.
func (g *Gateway) Issue(wallets ...string) Consent {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.serial++
	c := &grant{id: fmt.Sprintf("con_%d_%x", g.serial, g.random.Uint64()), wallets: wallets}
	g.consents[c.id] = c
	token, refresh := g.pair(c)
	return Consent{ID: c.id, Token: token, RefreshToken: refresh}
}

// Reissue gives new tokens for a consent that was not revoked, as a holder who confirms it does.
func (g *Gateway) Reissue(id string) Consent {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.consents[id]
	c.expired = false
	token, refresh := g.pair(c)
	return Consent{ID: id, Token: token, RefreshToken: refresh}
}

// pair makes tokens; those from before are good no more.
func (g *Gateway) pair(c *grant) (token, refresh string) {
	delete(g.tokens, c.token)
	for old, of := range g.refresh {
		if of == c {
			delete(g.refresh, old)
			g.used.put(old, c)
		}
	}
	g.serial++
	token, refresh = fmt.Sprintf("cat_%d_%x", g.serial, g.random.Uint64()), fmt.Sprintf("crt_%d_%x", g.serial, g.random.Uint64())
	c.token, c.expires = token, g.options.Now().Add(g.options.TokenLife)
	g.tokens[token], g.refresh[refresh] = c, c
	return token, refresh
}

// Revoke ends a consent, as its holder does in the app.
func (g *Gateway) Revoke(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.consents[id].revoked = true
}

// Expire ends a consent whose time is over.
func (g *Gateway) Expire(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.consents[id].expired = true
}

// ExpireToken ends the access token of a consent: the next read is told so.
func (g *Gateway) ExpireToken(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.consents[id].expires = g.options.Now().Add(-time.Second)
}

// token exchanges a refresh token, which works once.
func (g *Gateway) token(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.ParseForm() != nil || r.PostForm.Get("grant_type") != "refresh_token" {
		answer(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
		return
	}
	presented := r.PostForm.Get("refresh_token")
	g.mu.Lock()
	fault := g.pick(func(f *Fault) bool { return f.Kind == LostReply || f.Kind == TokenError })
	if fault != nil && fault.Kind == TokenError {
		g.mu.Unlock()
		answer(w, http.StatusServiceUnavailable, map[string]any{"error": "temporarily_unavailable"})
		return
	}
	c, ok := g.refresh[presented]
	if old, twice := g.used.values[presented]; twice {
		g.doubles++
		if g.options.ReuseRevokes {
			old.revoked = true
		}
	}
	if !ok || c.revoked || c.expired {
		g.mu.Unlock()
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	token, refresh := g.pair(c)
	g.mu.Unlock()
	if fault != nil {
		cut(w)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(g.options.TokenLife.Seconds()), "refresh_token": refresh,
	})
}

// Push tells a receiver that a transaction has settled, signed as the gateway signs. It returns the status of the answer.
func (g *Gateway) Push(ctx context.Context, receiver, secret, wallet, txID string) (int, error) {
	body, err := json.Marshal(map[string]any{
		"event": "settlement.completed", "rail": "pi_spi", "scheme_ref": "BCEAO-IPS-" + txID, "wallet_id": wallet, "tx_id": txID,
	})
	if err != nil {
		return 0, err
	}
	at := strconv.FormatInt(g.options.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return deliver(ctx, receiver, "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)), body)
}

// deliver posts a webhook with its signature, and returns the status of the answer.
func deliver(ctx context.Context, receiver, signature string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, receiver, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Signature", signature)
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}
