"""Run at the prompt of `demo_session` before the first line is typed; it is not imported."""

print("Try:  ascan(robz, -5, 5, 50, .05, sim_ct_gauss_noise)    goto_cen()    plot()")
print("      umv(robx, 1)   wa()   ct(.1, diode1)   SCANS[-1].get_data()   status()")
print("      amesh(robx, -5, 5, 20, roby, -5, 5, 20, .01, fluo_diode)   lscnt()")
